/* The log: one line an event, whatever is put into it. */
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/log.h"

struct reader {
    int ends[2];
    struct log log;
    char text[8192];
};

static void begin(struct reader *reader, enum log_format format)
{
    assert_int_equal(pipe(reader->ends), 0);
    reader->log = (struct log){.descriptor = reader->ends[1], .format = format};
}

/* What was written, without the time at its beginning. */
static const char *read_line(struct reader *reader)
{
    ssize_t length = read(reader->ends[0], reader->text, sizeof(reader->text) - 1);
    assert_true(length > 0);
    reader->text[length] = '\0';
    assert_ptr_equal(strchr(reader->text, '\n'), reader->text + length - 1);
    return strstr(reader->text, "level") - (reader->log.format == LOG_FORMAT_JSON ? 1 : 0);
}

static void finish(struct reader *reader)
{
    close(reader->ends[0]);
    close(reader->ends[1]);
}

void test_log__writes_logfmt(void **state)
{
    (void)state;
    struct reader reader;
    begin(&reader, LOG_FORMAT_LOGFMT);
    log_event(&reader.log, LOG_LEVEL_INFO, "started", LOG_TEXT("url", "http://x/"),
              LOG_NUMBER("port", -80), LOG_TEXT(NULL, "left out"), LOG_TEXT("name", "a b"),
              LOG_TEXT("empty", ""), LOG_TEXT("sum", "1=1"));
    assert_string_equal(read_line(&reader), "level=info event=started url=http://x/ port=-80 "
                                            "name=\"a b\" empty=\"\" sum=\"1=1\"\n");
    assert_memory_equal(reader.text, "ts=2", 4);
    finish(&reader);
}

void test_log__writes_json(void **state)
{
    (void)state;
    struct reader reader;
    begin(&reader, LOG_FORMAT_JSON);
    log_event(&reader.log, LOG_LEVEL_ERROR, "failed", LOG_TEXT("text", "q\"b\\n\nt\te\x1B"),
              LOG_NUMBER("ms", INT64_MIN));
    assert_string_equal(read_line(&reader),
                        "\"level\":\"error\",\"event\":\"failed\",\"text\":"
                        "\"q\\\"b\\\\n\\u000at\\u0009e\\u001b\",\"ms\":-9223372036854775808}\n");
    assert_memory_equal(reader.text, "{\"ts\":\"2", 8);
    finish(&reader);
}

void test_log__no_input_begins_a_line_or_breaks_the_text(void **state)
{
    (void)state;
    struct reader reader;
    begin(&reader, LOG_FORMAT_JSON);
    log_event(&reader.log, LOG_LEVEL_INFO, "x", LOG_TEXT("bad", "\xFF\xC0\x80\xED\xA0\x80\xF5\xC2"),
              LOG_TEXT("good", "жя€😀"), LOG_TEXT("control", "\xC2\x9B\x7F"));
    assert_string_equal(
        read_line(&reader),
        "\"level\":\"info\",\"event\":\"x\",\"bad\":\"\\ufffd\\ufffd\\ufffd\\ufffd\\ufffd\\ufffd"
        "\\ufffd\\ufffd\",\"good\":\"жя€😀\",\"control\":\"\\u009b\\u007f\"}\n");
    finish(&reader);
    begin(&reader, LOG_FORMAT_LOGFMT);
    log_event(&reader.log, LOG_LEVEL_INFO, "x", LOG_TEXT("a", "1\nlevel=error event=forged"));
    assert_string_equal(read_line(&reader),
                        "level=info event=x a=\"1\\u000alevel=error event=forged\"\n");
    finish(&reader);
}

void test_log__cuts_what_does_not_fit(void **state)
{
    (void)state;
    static char huge[20000];
    struct reader reader;
    for (int format = LOG_FORMAT_LOGFMT; format <= LOG_FORMAT_JSON; format++) {
        for (size_t length = 3900; length < 4100; length++) {
            memset(huge, 'x', length);
            huge[length] = '\0';
            begin(&reader, (enum log_format)format);
            log_event(&reader.log, LOG_LEVEL_INFO, "x", LOG_TEXT("a", huge), LOG_NUMBER("b", 12345),
                      LOG_TEXT("c", "tail"));
            read_line(&reader);
            size_t written = strlen(reader.text);
            assert_true(written <= 4096);
            bool is_whole = strstr(reader.text, "tail") != NULL;
            assert_int_equal(strstr(reader.text, "cut") == NULL, is_whole);
            assert_true(format == LOG_FORMAT_LOGFMT || reader.text[written - 2] == '}');
            finish(&reader);
        }
    }
    memset(huge, '\n', sizeof(huge) - 1);
    begin(&reader, LOG_FORMAT_JSON);
    log_event(&reader.log, LOG_LEVEL_INFO, "x", LOG_TEXT("a", huge), LOG_TEXT(huge, "b"));
    read_line(&reader);
    finish(&reader);
}

void test_log__never_blocks_and_counts_what_is_lost(void **state)
{
    (void)state;
    struct reader reader;
    atomic_ullong lost = 0;
    begin(&reader, LOG_FORMAT_LOGFMT);
    reader.log.lost_lines = &lost;
    for (int index = 0; index < 5000; index++) {
        log_event(&reader.log, LOG_LEVEL_INFO, "x", LOG_NUMBER("index", index));
    }
    assert_true(atomic_load(&lost) > 0);
    finish(&reader);
    unsigned long long before = atomic_load(&lost);
    log_event(&reader.log, LOG_LEVEL_INFO, "closed", LOG_NUMBER("index", 0));
    assert_true(atomic_load(&lost) == before + 1);
}

void test_log__leaves_out_what_is_below_its_level(void **state)
{
    (void)state;
    struct reader reader;
    begin(&reader, LOG_FORMAT_LOGFMT);
    reader.log.level = LOG_LEVEL_WARNING;
    log_event(&reader.log, LOG_LEVEL_INFO, "no", LOG_NUMBER("a", 1));
    log_event(&reader.log, LOG_LEVEL_WARNING, "yes", LOG_NUMBER("a", 1));
    assert_string_equal(read_line(&reader), "level=warning event=yes a=1\n");
    finish(&reader);
}

void test_log__reads_its_words(void **state)
{
    (void)state;
    enum log_level level;
    enum log_format format;
    assert_true(log_level_parse("warning", &level));
    assert_int_equal(level, LOG_LEVEL_WARNING);
    assert_false(log_level_parse("Warning", &level));
    assert_true(log_format_parse("json", &format));
    assert_int_equal(format, LOG_FORMAT_JSON);
    assert_false(log_format_parse("", &format));
}
