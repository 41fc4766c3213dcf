#include "engine/base/log.h"
#include "engine/base/say.h"
#include "engine/base/status.h"

#include <criterion/criterion.h>
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static char shown[512];

__attribute__((format(printf, 1, 2))) static const char *text(const char *format, ...)
{
    va_list args;
    va_start(args, format);
    size_t n = say_list(shown, sizeof shown, format, args);
    va_end(args);
    cr_assert_eq(n, strlen(shown));
    return shown;
}

/* Each format beside printf's own answer. */
#define SAME(...)                                                                                  \
    do {                                                                                           \
        char want[512];                                                                            \
        snprintf(want, sizeof want, __VA_ARGS__);                                                  \
        cr_expect_str_eq(text(__VA_ARGS__), want);                                                 \
    } while (0)

Test(say, formats_as_printf_does)
{
    SAME("plain 100 %% %s|%10s|%-10s|%.2s|%-6.3s|", "abc", "right", "left", "cut", "both of it");
    SAME("%*s|%-*s|%.*s", 6, "star", 6, "left", 3, "precision");
    SAME("%d %5d %-5d| %05d %+d %ld %lld %zu %u %x %#X", 1, 2, 3, 4, 5, 6L, 7LL, (size_t)8, 9u, 10u,
         11u);
    SAME("%" PRId64 " %" PRIu64, INT64_MIN, UINT64_MAX);
    SAME("%f %.3g %10.2e %-8.1f| %.17g %g %g %.*f", 1.5, 2e9, 3.25, 4.0, 0.1, (double)NAN,
         (double)INFINITY, 2, 3.14159);
    SAME("%c%c", 'a', 'b');
    SAME("\x1b[1m%s\x1b[0m\n", "the format's own words are trusted");
}

Test(say, shows_foreign_texts_on_one_line_without_control_characters)
{
    cr_expect_str_eq(text("%s!", "a\x1b]0;x\x07\nb"), "a\\x1b]0;x\\x07\\nb!");
    cr_expect_str_eq(text("[%-8s]", "\u202e"), "[\\u202e  ]");
    cr_expect_str_eq(text("%.2s", "a\u00e9"), "a", "no sign is cut in two");
    char large[400];
    memset(large, 'x', sizeof large - 1);
    large[sizeof large - 1] = '\0';
    cr_expect_str_eq(text("%s", large), large, "texts longer than a piece");
}

__attribute__((format(printf, 3, 4))) static void cut(char *to, size_t room, const char *format,
                                                      ...)
{
    va_list args;
    va_start(args, format);
    say_list(to, room, format, args);
    va_end(args);
}

Test(say, cuts_at_the_buffer_without_half_a_sign)
{
    for (size_t size = 1; size < 12; size++) {
        char out[16];
        memset(out, '#', sizeof out);
        cut(out, size, "%s", "a\u00e9\u4e2d\U0001F600");
        cr_expect_lt(strlen(out), size);
        cr_expect_eq(out[size], '#');
        size_t n = strlen(out);
        cr_expect(n == 0 || n == 1 || n == 3 || n == 6 || n == 10, "%zu", n);
    }
}

Test(say, is_the_door_of_sentences_and_of_the_log)
{
    static const char hostile[] = "\x1b[2J\xc2\x9b\u202e\xff\n";
    cr_expect_eq(status_fail(STATUS_IO, "%s: no such file", hostile), STATUS_IO);
    cr_expect_str_eq(status_sentence(), "\\x1b[2J\\u009b\\u202e\\xff\\n: no such file");
    status_prefix(STATUS_IO, "%s", hostile);
    cr_expect_str_eq(status_sentence(),
                     "\\x1b[2J\\u009b\\u202e\\xff\\n: \\x1b[2J\\u009b\\u202e\\xff"
                     "\\n: no such file");
    char path[] = "/tmp/vitamin-say-XXXXXX", line[256] = "";
    int fd = mkstemp(path);
    cr_assert_geq(fd, 0);
    log_set_stderr_level(LOG_ERROR);
    cr_assert_eq(log_open(path), STATUS_OK);
    log_info("say", "%s", hostile);
    log_close();
    FILE *f = fdopen(fd, "r");
    cr_assert_not_null(fgets(line, sizeof line, f));
    fclose(f);
    remove(path);
    cr_expect_not_null(strstr(line, " say: \\x1b[2J\\u009b\\u202e\\xff\\n\n"), "%s", line);
}

Test(say, wraps_words_into_columns_and_indents_what_follows)
{
    static const struct {
        const char *text, *printed;
        int column, indent, columns;
    } cases[] = {
        {"one two three", "one two\n  three\n", 2, 2, 10},
        {"one two three", "one two three\n", 0, 0, 13},
        {"\u00e9\u00e9\u00e9 \u00e9\u00e9", "\u00e9\u00e9\u00e9 \u00e9\u00e9\n", 0, 0, 6},
        {"a wordthatislonger b", "a\nwordthatislonger\nb\n", 0, 0, 6},
        {"one\n\ntwo  three ", "one\n\n two three\n", 0, 1, 40},
        {"\x1b[2Jx", "\\x1b[2Jx\n", 0, 0, 40},
        {"", "\n", 0, 0, 10},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char *text = NULL;
        size_t size;
        FILE *to = open_memstream(&text, &size);
        cr_assert_not_null(to);
        say_wrapped(to, cases[i].text, cases[i].column, cases[i].indent, cases[i].columns);
        fclose(to);
        cr_expect_str_eq(text, cases[i].printed);
        free(text);
    }
}
