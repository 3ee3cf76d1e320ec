/*
 * test_descriptor.c - open files that go through a socket.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <dirent.h>
#include <fcntl.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/descriptor.h"
#include "base/file.h"

static int ends[2];

static void begin(void)
{
    assert_int_equal(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends), 0);
}

static void end(void)
{
    close(ends[0]);
    close(ends[1]);
}

static int count_open(void)
{
    DIR *folder = opendir("/proc/self/fd");
    int count = 0;

    assert_non_null(folder);
    while (readdir(folder) != NULL) {
        count++;
    }
    closedir(folder);
    return count;
}

/* Two files of one letter each. */
static void make_files(int files[2])
{
    for (int i = 0; i < 2; i++) {
        files[i] = file_make_nameless("build");
        assert_true(files[i] >= 0 && file_write_all(files[i], i == 0 ? "a" : "b", 1));
    }
}

static void close_files(const int files[2])
{
    close(files[0]);
    close(files[1]);
}

void test_descriptor__opens_the_same_file_over_there(void **state)
{
    int sent[2], received[2] = {-1, -1};
    char letter = 0, word[4] = "";

    (void)state;
    begin();
    make_files(sent);
    assert_true(descriptors_send(ends[0], "yes", 4, sent, 2));
    close_files(sent);
    assert_true(descriptors_receive(ends[1], word, sizeof(word), received, 2));
    assert_string_equal(word, "yes");
    assert_int_equal(pread(received[0], &letter, 1, 0), 1);
    assert_int_equal(letter, 'a');
    assert_int_equal(pread(received[1], &letter, 1, 0), 1);
    assert_int_equal(letter, 'b');
    assert_int_equal(fcntl(received[0], F_GETFD), FD_CLOEXEC);
    close_files(received);
    end();
}

/* More or less than was expected is refused as a whole, and nothing of it stays open. */
void test_descriptor__of_another_message_is_closed(void **state)
{
    static const struct {
        size_t length, count;
    } expected[] = {{3, 2}, {5, 2}, {4, 1}, {4, 0}};
    int sent[2], received[2] = {-1, -1};
    char word[8];

    (void)state;
    begin();
    make_files(sent);
    int before = count_open();
    for (size_t i = 0; i < sizeof(expected) / sizeof(expected[0]); i++) {
        assert_true(descriptors_send(ends[0], "yes", 4, sent, 2));
        assert_false(
            descriptors_receive(ends[1], word, expected[i].length, received, expected[i].count));
        assert_int_equal(count_open(), before);
        assert_int_equal(received[0], -1);
    }
    assert_true(descriptors_send(ends[0], "yes", 4, NULL, 0));
    assert_false(descriptors_receive(ends[1], word, 4, received, 1));
    close_files(sent);
    end();
}

/* As many as came, whatever was expected; of a message of another length none stays open. */
void test_descriptor__comes_or_does_not(void **state)
{
    int sent[2], received[DESCRIPTORS_MOST] = {-1, -1};
    char word[8];
    size_t count = 9;

    (void)state;
    begin();
    make_files(sent);
    int before = count_open();
    for (size_t i = 0; i <= 2; i++) {
        assert_true(descriptors_send(ends[0], "yes", 4, sent, i));
        assert_true(descriptors_receive_some(ends[1], word, 4, received, &count));
        assert_int_equal(count, i);
        descriptors_close(received, count);
        assert_int_equal(count_open(), before);
    }
    assert_true(descriptors_send(ends[0], "yes", 4, sent, 2));
    assert_false(descriptors_receive_some(ends[1], word, 3, received, &count));
    assert_int_equal(count, 0);
    assert_int_equal(count_open(), before);
    close_files(sent);
    end();
}

void test_descriptor__goes_to_nobody(void **state)
{
    char word[4];

    (void)state;
    begin();
    close(ends[1]);
    assert_false(descriptors_send(ends[0], "yes", 4, NULL, 0));
    assert_false(descriptors_receive(ends[0], word, sizeof(word), NULL, 0));
    close(ends[0]);
}
