/* Settings: which source wins, and what is said of a wrong one. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/arena.h"
#include "base/error.h"
#include "base/settings.h"
#include "base/suggest.h"

struct place {
    struct arena *arena;
    const char *directory;
    struct settings settings;
    struct error error;
};

static struct place begin(void)
{
    struct place place = {.arena = arena_create()};
    char *directory = arena_copy_text(place.arena, "build/settings-XXXXXX");
    assert_non_null(mkdtemp(directory));
    place.directory = directory;
    assert_int_equal(mkdir(arena_format(place.arena, "%s/conf.d", directory), 0700), 0);
    return place;
}

static const char *write_file(struct place *place, const char *name, const char *text)
{
    const char *path = arena_format(place->arena, "%s/%s", place->directory, name);
    FILE *file = fopen(path, "w");
    assert_non_null(file);
    fputs(text, file);
    fclose(file);
    return path;
}

static void finish(struct place *place)
{
    static const char *const names[] = {"crmd.conf",    "conf.d/a.conf", "conf.d/b.conf",
                                        "conf.d/c.txt", "secret",        "database.url",
                                        "given.conf",   "conf.d",        ""};
    for (size_t index = 0; index < sizeof(names) / sizeof(*names); index++) {
        remove(arena_format(place->arena, "%s/%s", place->directory, names[index]));
    }
    arena_destroy(&place->arena);
}

static bool load(struct place *place, const char *file, char *const *environment,
                 const char *const *overrides)
{
    struct settings_sources sources = {.directory = place->directory,
                                       .file = file,
                                       .environment = environment,
                                       .overrides = overrides};
    return settings_load(place->arena, &sources, &place->settings, &place->error);
}

static const char *source_of(const struct settings *settings, const char *section, const char *key)
{
    for (int index = 0; index < SETTING_COUNT; index++) {
        if (strcmp(settings_table[index].section, section) == 0 &&
            strcmp(settings_table[index].key, key) == 0) {
            return settings->origins[index].source;
        }
    }
    return NULL;
}

void test_settings__have_defaults(void **state)
{
    (void)state;
    struct place place = begin();
    assert_true(load(&place, NULL, NULL, NULL));
    assert_string_equal(place.settings.http.listen, "127.0.0.1:8080");
    assert_int_equal(place.settings.limits.body, 8 * 1024 * 1024);
    assert_int_equal(place.settings.session.absolute, 24 * 3600 * 1000);
    assert_int_equal(place.settings.http.requests_per_connection, 1000);
    assert_true(place.settings.http.compression);
    assert_string_equal(place.settings.database.url, "");
    assert_string_equal(source_of(&place.settings, "http", "listen"), "default");
    finish(&place);
}

void test_settings__last_source_wins(void **state)
{
    (void)state;
    struct place place = begin();
    write_file(&place, "crmd.conf",
               "# comment\n[http]\nlisten = file:1\nworkers = 3\nqueue=7\n\n"
               "[limits]\n  body: 1 MiB ; inline\ndepth = 9\n");
    write_file(&place, "conf.d/b.conf", "[http]\nworkers = 5\n");
    write_file(&place, "conf.d/a.conf", "[http]\nworkers = 4\nmax_connections = 44\n");
    write_file(&place, "conf.d/c.txt", "not read");
    char *environment[] = {"PATH=/bin",
                           "CRM_HTTP_MAX_CONNECTIONS=55",
                           "CRM_LIMITS_DEPTH=10",
                           "CRM_OTHER_PROGRAM=1",
                           "CRM_=",
                           "CRM_HTTP_COMPRESSION=no",
                           NULL};
    const char *overrides[] = {"limits.depth=11", "http.tls_key=a=b", "http.idle_timeout=5 min",
                               NULL};
    assert_true(load(&place, NULL, environment, overrides));
    assert_string_equal(place.settings.http.listen, "file:1");
    assert_int_equal(place.settings.http.queue, 7);
    assert_int_equal(place.settings.http.workers, 5);
    assert_int_equal(place.settings.http.max_connections, 55);
    assert_int_equal(place.settings.limits.depth, 11);
    assert_int_equal(place.settings.limits.body, 1024 * 1024);
    assert_int_equal(place.settings.http.idle_timeout, 300000);
    assert_string_equal(place.settings.http.tls_key, "a=b");
    assert_false(place.settings.http.compression);
    assert_string_equal(source_of(&place.settings, "http", "workers"),
                        arena_format(place.arena, "%s/conf.d/b.conf:2", place.directory));
    assert_string_equal(source_of(&place.settings, "limits", "body"),
                        arena_format(place.arena, "%s/crmd.conf:8", place.directory));
    assert_string_equal(source_of(&place.settings, "http", "max_connections"),
                        "CRM_HTTP_MAX_CONNECTIONS");
    assert_string_equal(source_of(&place.settings, "limits", "depth"), "-o");
    finish(&place);
}

void test_settings__a_given_file_stands_alone(void **state)
{
    (void)state;
    struct place place = begin();
    write_file(&place, "crmd.conf", "[http]\nworkers = 3\n");
    const char *given = write_file(&place, "given.conf", "[http]\r\nqueue = 8\r\n");
    assert_true(load(&place, given, NULL, NULL));
    assert_int_equal(place.settings.http.workers, 0);
    assert_int_equal(place.settings.http.queue, 8);
    assert_false(load(&place, "build/there-is-no-such.conf", NULL, NULL));
    assert_int_equal(place.error.code, ERROR_FILE_UNREADABLE);
    finish(&place);
}

void test_settings__secrets_come_from_files(void **state)
{
    (void)state;
    struct place place = begin();
    const char *secret = write_file(&place, "secret", "Driver=X;PWD=p;q\n");
    write_file(&place, "crmd.conf",
               arena_format(place.arena, "[database]\nurl_file = %s\n", secret));
    assert_true(load(&place, NULL, NULL, NULL));
    assert_string_equal(place.settings.database.url, "Driver=X;PWD=p;q");

    write_file(&place, "database.url", "Driver=Y");
    char *environment[] = {arena_format(place.arena, "CREDENTIALS_DIRECTORY=%s", place.directory),
                           NULL};
    assert_true(load(&place, NULL, environment, NULL));
    assert_string_equal(place.settings.database.url, "Driver=Y");

    char *missing[] = {"CRM_DATABASE_URL_FILE=build/there-is-no-such-file", NULL};
    assert_false(load(&place, NULL, missing, NULL));
    assert_int_equal(place.error.code, ERROR_SETTING_INVALID);
    assert_non_null(strstr(place.error.message, "CRM_DATABASE_URL_FILE: "));
    finish(&place);
}

void test_settings__a_line_may_be_long(void **state)
{
    (void)state;
    struct place place = begin();
    char url[3000] = "Driver=X;";
    memset(url + 9, 'y', 2900);
    write_file(&place, "crmd.conf",
               arena_format(place.arena, "# %s\n[database]\nurl = %s  \npool = 2\n", url, url));
    assert_true(load(&place, NULL, NULL, NULL));
    assert_string_equal(place.settings.database.url, url);
    assert_int_equal(place.settings.database.pool, 2);
    finish(&place);
}

static void check_refused(struct place *place, const char *override, const char *message)
{
    const char *overrides[] = {override, NULL};
    assert_false(load(place, NULL, NULL, overrides));
    assert_int_equal(place->error.code, ERROR_SETTING_INVALID);
    assert_string_equal(place->error.message, message);
}

void test_settings__say_what_is_wrong(void **state)
{
    (void)state;
    struct place place = begin();
    check_refused(&place, "http.workesr=1",
                  "-o: there is no setting http.workesr; did you mean http.workers?");
    check_refused(&place, "nothing.at_all_like_it=1",
                  "-o: there is no setting nothing.at_all_like_it");
    check_refused(&place, "http.workers=many",
                  "-o: http.workers: \"many\" is not understood; write it like 8");
    check_refused(&place, "http.workers=-1", "-o: http.workers: -1 is out of range, 0 to 1024");
    check_refused(&place, "http.workers=99999999999999999999",
                  "-o: http.workers: \"99999999999999999999\" is not understood; write it like 8");
    check_refused(&place, "limits.body=9000 GiB",
                  "-o: limits.body: 9000 GiB is out of range, 1 KiB to 1 GiB");
    check_refused(&place, "limits.body=99999999999999 GiB",
                  "-o: limits.body: \"99999999999999 GiB\" is not understood; write it like 8 MiB");
    check_refused(&place, "limits.body=8 MB",
                  "-o: limits.body: \"8 MB\" is not understood; write it like 8 MiB");
    check_refused(&place, "session.idle=60",
                  "-o: session.idle: \"60\" is not understood; write it like 60 s");
    check_refused(&place, "session.idle=0 s", "-o: session.idle: 0 s is out of range, 1 s to 30 d");
    check_refused(
        &place, "http.compression=perhaps",
        "-o: http.compression: \"perhaps\" is not understood; write it like true or false");
    check_refused(&place, "log.level=loud",
                  "-o: log.level: \"loud\" is none of debug, info, warning, error");
    check_refused(&place, "http=1", "-o http: write section.key=value");
    check_refused(&place, "http.listen", "-o http.listen: write section.key=value");
    check_refused(&place, "http.listen_file=x",
                  "-o: there is no setting http.listen_file; did you mean http.listen?");
    finish(&place);
}

static void check_file_refused(struct place *place, const char *text, const char *line_and_message)
{
    const char *path = write_file(place, "crmd.conf", text);
    assert_false(load(place, NULL, NULL, NULL));
    assert_string_equal(place->error.message,
                        arena_format(place->arena, "%s:%s", path, line_and_message));
}

void test_settings__name_the_line_of_a_file(void **state)
{
    (void)state;
    struct place place = begin();
    check_file_refused(&place, "\n[http]\n\nworkers = 1\nworker = 1\n",
                       "5: there is no setting http.worker; did you mean http.workers?");
    check_file_refused(&place, "workers = 1\n", "1: there is no setting .workers");
    check_file_refused(&place, "[http]\nworkers\n",
                       "2: a line is [section], key = value, or # a comment");
    check_file_refused(&place, "[http\n", "1: a line is [section], key = value, or # a comment");
    check_file_refused(&place, "[log]\nlevel = info\n  format = xml\n",
                       "3: log.format: \"xml\" is none of auto, logfmt, json");
    finish(&place);
    char *environment[] = {"CRM_HTTP_LISTN=1", NULL};
    struct place other = begin();
    assert_false(load(&other, NULL, environment, NULL));
    assert_string_equal(
        other.error.message,
        "CRM_HTTP_LISTN: there is no setting http.listn; did you mean http.listen?");
    finish(&other);
}

void test_settings__follow_those_before(void **state)
{
    (void)state;
    struct place place = begin();
    write_file(&place, "crmd.conf", "[limits]\npage = 10\nbody = 1 MiB\n[http]\nworkers = 3\n");
    assert_true(load(&place, NULL, NULL, NULL));
    struct settings before = place.settings;
    write_file(
        &place, "crmd.conf",
        "[limits]\npage = 11\nbody = 1024 KiB\n[http]\nlisten = other:1\ncompression = no\n");
    assert_true(load(&place, NULL, NULL, NULL));
    struct settings_change change;
    settings_follow(place.arena, &before, &place.settings, &change);
    /* What a running program takes, in the order of the table. */
    assert_int_equal(change.taken.count, 2);
    assert_string_equal(change.taken.items[0], "http.compression");
    assert_string_equal(change.taken.items[1], "limits.page");
    assert_int_equal(place.settings.limits.page, 11);
    assert_false(place.settings.http.compression);
    /* What it does not, a setting that is given no more included. */
    assert_int_equal(change.waiting.count, 2);
    assert_string_equal(change.waiting.items[0], "http.listen");
    assert_string_equal(change.waiting.items[1], "http.workers");
    assert_string_equal(place.settings.http.listen, "127.0.0.1:8080");
    assert_int_equal(place.settings.http.workers, 3);
    assert_string_equal(source_of(&place.settings, "http", "listen"), "default");
    assert_string_equal(source_of(&place.settings, "limits", "page"),
                        arena_format(place.arena, "%s/crmd.conf:2", place.directory));
    finish(&place);
}

static char *written(struct place *place,
                     void (*write)(FILE *file, const struct settings *settings))
{
    static char text[65536];
    FILE *file = fmemopen(text, sizeof(text), "w");
    write(file, &place->settings);
    fclose(file);
    return text;
}

static void write_example(FILE *file, const struct settings *settings)
{
    (void)settings;
    settings_write_example(file);
}

static void write_brief(FILE *file, const struct settings *settings)
{
    settings_write_effective(file, settings, true);
}

void test_settings__example_can_be_read_back(void **state)
{
    (void)state;
    struct place place = begin();
    char *text = written(&place, write_example);
    assert_non_null(strstr(text, "#listen = 127.0.0.1:8080\n"));
    assert_non_null(strstr(text, "# Records of one page. (SIGHUP)\n#page = 5000\n"));
    /* Every setting, its mark of a comment removed, is accepted and changes nothing; a secret is
     * given in one way or the other. */
    char *plain = arena_copy_text(place.arena, text);
    char *at = plain;
    for (char *from = plain; *from != '\0'; from++) {
        bool is_other_way =
            strncmp(from, "#url_file", 9) == 0 || strncmp(from, "#password_file", 14) == 0;
        bool is_marked = *from == '#' && from[1] != ' ' && !is_other_way;
        *at = *from;
        at += is_marked ? 0 : 1;
    }
    *at = '\0';
    write_file(&place, "crmd.conf", plain);
    assert_true(load(&place, NULL, NULL, NULL));
    assert_string_equal(place.settings.http.listen, "127.0.0.1:8080");
    assert_string_not_equal(source_of(&place.settings, "limits", "page"), "default");
    finish(&place);
}

void test_settings__secrets_are_not_shown(void **state)
{
    (void)state;
    struct place place = begin();
    const char *overrides[] = {"database.url=PWD=geheim", "http.workers=2", NULL};
    assert_true(load(&place, NULL, NULL, overrides));
    char *text = written(&place, write_brief);
    assert_string_equal(text, "http.workers = 2  # -o\ndatabase.url = (hidden)  # -o\n");
    finish(&place);
}

void test_suggest__finds_the_nearest(void **state)
{
    (void)state;
    static const char *const words[] = {"http.listen", "http.workers", NULL, "admin.listen"};
    assert_string_equal(suggest_word("http.lsiten", words, 4), "http.listen");
    assert_string_equal(suggest_word("amdin.listen", words, 4), "admin.listen");
    assert_null(suggest_word("completely.different", words, 4));
    assert_null(suggest_word("", words, 4));
    char huge[5000];
    memset(huge, 'x', sizeof(huge) - 1);
    huge[sizeof(huge) - 1] = '\0';
    assert_null(suggest_word(huge, words, 4));
}
