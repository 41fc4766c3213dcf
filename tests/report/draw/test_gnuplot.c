#include "report/draw/gnuplot.h"

#include "engine/base/embed.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static char folder[] = "/tmp/vitamin-gnuplot-XXXXXX";

static void make_folder(void)
{
    cr_assert_not_null(mkdtemp(folder));
}

static void remove_folder(void)
{
    char command[64];
    snprintf(command, sizeof command, "/bin/rm -rf %s", folder);
    cr_assert_eq(system(command), 0);
}

TestSuite(gnuplot, .init = make_folder, .fini = remove_folder, .timeout = 60);

static void need_gnuplot(void)
{
    char path[FILE_PATH];
    if (gnuplot_find(path) != STATUS_OK)
        cr_skip_test("%s", status_sentence());
}

static const char *in_folder(const char *name)
{
    static char path[2][FILE_PATH];
    static int turn;
    turn = 1 - turn;
    snprintf(path[turn], FILE_PATH, "%s/%s", folder, name);
    return path[turn];
}

static void write_text(const char *name, const char *text)
{
    cr_assert_eq(file_replace(in_folder(name), text, strlen(text)), STATUS_OK, "%s",
                 status_sentence());
}

static char *read_text(const char *name, size_t *size)
{
    char *text;
    cr_assert_eq(file_read(in_folder(name), 1 << 24, &text, size), STATUS_OK, "%s",
                 status_sentence());
    return text;
}

/* A script as plot.c writes them: sizes, the common style, one curve. */
static void write_script(const char *id, const char *body)
{
    char name[64], text[2048];
    const struct embed_file *style = embed_find(embed_report, "draw/style.gp");
    cr_assert_not_null(style);
    write_text("style.gp", style->text);
    snprintf(name, sizeof name, "%s.gp", id);
    snprintf(text, sizeof text, "ID = '%s'; W = 2; H = 1.5\nload 'style.gp'\n%s\n", id, body);
    write_text(name, text);
}

static struct gnuplot_job job(const char *id, enum picture_format format)
{
    return (struct gnuplot_job){
        .folder = folder,
        .format = format,
        .picture = {.id = id,
                    .title = "A <b> & 'c'",
                    .text = "numbers \"1\"",
                    .overlay = "<circle r='3'><title>7</title></circle>",
                    .comment = "revision abc --> <script>",
                    .date = "20240229123456"},
    };
}

/* The suite's folder holds every format of a figure called id. */
static void draw_all(const char *id, struct gnuplot_job jobs[PICTURE_FORMATS])
{
    for (int f = 0; f < PICTURE_FORMATS; f++)
        jobs[f] = job(id, (enum picture_format)f);
    cr_assert_eq(gnuplot_run(jobs, PICTURE_FORMATS), STATUS_OK, "%s", status_sentence());
    for (int f = 0; f < PICTURE_FORMATS; f++)
        cr_assert_str_eq(jobs[f].warnings, "");
}

Test(gnuplot, draws_all_formats_with_the_size_asked_for)
{
    need_gnuplot();
    write_script("wave", "plot sin(x) lw 1 lc rgb INK title 'it''s'");
    struct gnuplot_job jobs[PICTURE_FORMATS];
    draw_all("wave", jobs);

    size_t size;
    char *png = read_text("wave.png", &size);
    cr_assert_eq(memcmp(png, "\x89PNG\r\n\x1a\n", 8), 0);
    cr_assert_eq(memcmp(png + 16, "\0\0\x02\x58\0\0\x01\xc2", 8), 0, "600 x 450 pixels");
    cr_assert_not_null(memmem(png, size, "tEXtComment\0revision", 20));
    free(png);
    char *pdf = read_text("wave.pdf", &size);
    cr_assert_not_null(memmem(pdf, size, "MediaBox [ 0 0 144 108 ]", 24), "2 x 1.5 in");
    cr_assert_not_null(memmem(pdf, size, "/CreationDate (D:20240229123456", 31));
    free(pdf);
    char *svg = read_text("wave.svg", &size);
    cr_assert_not_null(strstr(svg, "width=\"192\" height=\"144\""));
    free(svg);
}

Test(gnuplot, leaves_equal_bytes_when_run_again)
{
    need_gnuplot();
    write_script("again", "plot sin(x) lw 1, cos(x) with filledcurves y1=0");
    struct gnuplot_job jobs[PICTURE_FORMATS];
    char *first[PICTURE_FORMATS];
    size_t size[PICTURE_FORMATS], second;
    static const char *const name[] = {"again.pdf", "again.svg", "again.png"};
    draw_all("again", jobs);
    for (int f = 0; f < PICTURE_FORMATS; f++)
        first[f] = read_text(name[f], &size[f]);
    sleep(1); /* the clock that cairo puts into the PDF has one-second steps */
    draw_all("again", jobs);
    for (int f = 0; f < PICTURE_FORMATS; f++) {
        char *bytes = read_text(name[f], &second);
        cr_assert_eq(size[f], second);
        cr_assert_eq(memcmp(first[f], bytes, second), 0, "%s differs", name[f]);
        free(bytes);
        free(first[f]);
    }
}

Test(gnuplot, makes_an_svg_that_can_live_beside_others_in_a_page)
{
    need_gnuplot();
    write_script("page", "set label 'say id=\"x\"' at 0,0 font FONT.':Bold,9' noenhanced\n"
                         "plot sin(x) notitle, cos(x) title 'one'");
    struct gnuplot_job one = job("page", PICTURE_SVG);
    cr_assert_eq(gnuplot_run(&one, 1), STATUS_OK, "%s", status_sentence());
    char *svg = read_text("page.svg", NULL);
    cr_assert_not_null(
        strstr(svg, "<title id=\"page-title\">A &lt;b&gt; &amp; &#39;c&#39;</title>"));
    cr_assert_not_null(strstr(svg, "numbers &quot;1&quot;"));
    cr_assert_not_null(strstr(svg, "id=\"page-gnuplot_canvas\""));
    cr_assert_not_null(strstr(svg, "xlink:href='#page-gpPt5' id='page-gpPt6'"));
    cr_assert_not_null(strstr(svg, "say id=\"x\""), "text is not an attribute");
    cr_assert_not_null(strstr(svg, "sans-serif\" font-weight=\"bold\""));
    cr_assert_not_null(strstr(svg, "<title>7</title>"), "hover values come in");
    cr_assert_not_null(strstr(svg, "<title>one</title>"));
    cr_assert_null(strstr(svg, "gnuplot_plot_1</title>"));
    cr_assert_null(strstr(svg, "<title>Gnuplot"));
    cr_assert_null(strstr(svg, "<script>"));
    char *end = strstr(svg, "-->");
    cr_assert(end != NULL && strstr(end + 3, "-->") == NULL, "the comment ends once");
    free(svg);
}

static void expect_failure(struct gnuplot_job *one, enum status code, const char *part)
{
    cr_assert_eq(gnuplot_run(one, 1), code, "%s", status_sentence());
    cr_assert_not_null(strstr(one->outcome.sentence, part), "%s", one->outcome.sentence);
}

/* The old one shows other numbers than the script and the page that are there now. */
Test(gnuplot, leaves_no_picture_when_a_script_fails)
{
    need_gnuplot();
    write_text("broken.svg", "the old one");
    write_script("broken", "plot 'no such file'");
    struct gnuplot_job one = job("broken", PICTURE_SVG);
    expect_failure(&one, STATUS_FORMAT, "no such file");

    write_script("broken", "set terminal unknown\nplot sin(x)");
    expect_failure(&one, STATUS_FORMAT, "no svg file (0 bytes)");

    write_text("broken.gp", "exit\n");
    expect_failure(&one, STATUS_FORMAT, "without writing it");

    write_script("broken", "plot sin(x)\nunset output\nset print OUT\nprint 'half'");
    expect_failure(&one, STATUS_FORMAT, "no svg file");

    cr_assert_not(file_exists(in_folder("broken.svg")));
}

Test(gnuplot, reports_every_job_and_finishes_the_good_ones)
{
    need_gnuplot();
    write_script("good", "plot sin(x)");
    struct gnuplot_job jobs[] = {job("missing", PICTURE_SVG), job("good", PICTURE_SVG)};
    cr_assert_eq(gnuplot_run(jobs, 2), STATUS_FORMAT);
    cr_assert_eq(jobs[0].outcome.code, STATUS_FORMAT);
    cr_assert_eq(jobs[1].outcome.code, STATUS_OK);
    cr_assert(file_exists(in_folder("good.svg")));
}

Test(gnuplot, refuses_ids_that_could_be_commands_or_paths)
{
    need_gnuplot();
    static const char *const bad[] = {"", ".hidden", "-e", "a/b", "a'b", "a b", "a`id`", "é"};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        struct gnuplot_job one = job(bad[i], PICTURE_SVG);
        expect_failure(&one, STATUS_CONFIG, "A-Z");
    }
}

Test(gnuplot, says_one_clear_line_when_it_is_not_installed)
{
    cr_assert_eq(setenv("PATH", folder, 1), 0);
    struct gnuplot_job one = job("any", PICTURE_SVG);
    expect_failure(&one, STATUS_MISSING, "gnuplot is not on PATH");
    char version[64];
    cr_assert_str_eq(gnuplot_version(version, sizeof version), "not found");
}

Test(gnuplot, whose_version_cannot_be_asked_is_not_said_to_be_missing)
{
    char version[64];
    write_text("gnuplot", "#!/bin/sh\nexit 1\n");
    cr_assert_eq(chmod(in_folder("gnuplot"), 0755), 0);
    cr_assert_eq(setenv("PATH", folder, 1), 0);
    cr_assert_str_eq(gnuplot_version(version, sizeof version), "unknown");
}

/* Also long values: modules of clusters list many folders. */
Test(gnuplot, gets_where_libraries_and_programs_are_and_nothing_else_of_the_environment)
{
    char version[64], longest[9001];
    memset(longest, 'l', sizeof longest - 1);
    longest[sizeof longest - 1] = '\0';
    write_text("gnuplot", "#!/bin/sh\necho ${#LD_LIBRARY_PATH} $PATH $LC_ALL $TZ [$LANGUAGE]\n");
    cr_assert_eq(chmod(in_folder("gnuplot"), 0755), 0);
    cr_assert_eq(setenv("PATH", folder, 1), 0);
    cr_assert_eq(setenv("LD_LIBRARY_PATH", longest, 1), 0);
    cr_assert_eq(setenv("LANGUAGE", "de", 1), 0);
    char expected[64];
    snprintf(expected, sizeof expected, "9000 %s C.UTF-8 UTC0 []", folder);
    cr_assert_str_eq(gnuplot_version(version, sizeof version), expected);
    cr_assert_eq(unsetenv("LD_LIBRARY_PATH"), 0);
    snprintf(expected, sizeof expected, "0 %s C.UTF-8 UTC0 []", folder);
    cr_assert_str_eq(gnuplot_version(version, sizeof version), expected);
}

Test(picture, is_recognised_whole_or_refused)
{
    static const char pdf[] = "%PDF-1.5 ... %%EOF\n", svg[] = "<?xml ?><svg></svg>\n";
    cr_assert_eq(picture_check(PICTURE_PDF, pdf, sizeof pdf - 1, "x"), STATUS_OK);
    cr_assert_eq(picture_check(PICTURE_SVG, svg, sizeof svg - 1, "x"), STATUS_OK);
    cr_assert_eq(picture_check(PICTURE_PNG, svg, sizeof svg - 1, "x"), STATUS_FORMAT);
    for (size_t n = 0; n < sizeof svg - 2; n++)
        cr_assert_eq(picture_check(PICTURE_SVG, svg, n, "x"), STATUS_FORMAT, "%zu bytes", n);
}

/* A method may be called "]]>", which must not stand in XML. */
Test(picture, of_svg_has_no_bare_angle_in_its_text)
{
    struct picture p = {.id = "x"};
    char *data = strdup("<?xml ?><svg id='a>'><title>]]></title><text>a > b</text></svg>\n");
    size_t size = strlen(data);
    cr_assert_eq(picture_finish(&p, PICTURE_SVG, &data, &size), STATUS_OK);
    cr_assert_not_null(strstr(data, "]]&gt;"), "%s", data);
    cr_assert_not_null(strstr(data, "<text>a &gt; b</text>"), "%s", data);
    free(data);
}

Test(picture, refuses_a_pdf_without_a_date_and_an_svg_with_an_open_tag)
{
    struct picture p = {.id = "x"};
    char *data = strdup("%PDF-1.5 %%EOF");
    size_t size = strlen(data);
    cr_assert_eq(picture_finish(&p, PICTURE_PDF, &data, &size), STATUS_FORMAT);
    free(data);
    data = strdup("<?xml ?><svg id='a>");
    size = strlen(data);
    cr_assert_eq(picture_finish(&p, PICTURE_SVG, &data, &size), STATUS_FORMAT);
    free(data);
}
