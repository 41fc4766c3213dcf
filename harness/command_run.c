#include "harness/command_run.h"

#include "engine/base/threads.h"
#include "harness/run.h"
#include "suites/dataset_table.h"

#include <getopt.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static volatile sig_atomic_t stop_asked;

static void ask_to_stop(int signal)
{
    (void)signal;
    stop_asked = 1;
}

/* A second signal kills at once. */
static void catch_signals(void)
{
    struct sigaction action = {.sa_handler = ask_to_stop, .sa_flags = (int)SA_RESETHAND};
    sigaction(SIGINT, &action, NULL);
    sigaction(SIGTERM, &action, NULL);
    sigaction(SIGUSR1, &action, NULL);
}

struct arguments {
    struct run_request request;
    long first_seed, last_seed;
    const char *out;
    int threads;
};

static enum status parse_seeds(const char *text, struct arguments *a)
{
    char *end;
    a->first_seed = a->last_seed = strtol(text, &end, 10);
    if (end != text && *end == '-')
        a->last_seed = strtol(end + 1, &end, 10);
    if (end == text || *end != '\0' || a->first_seed < 0 || a->last_seed < a->first_seed)
        return status_fail(STATUS_CONFIG, "--seed is '%s', should be a number or a range like 1-5",
                           text);
    return STATUS_OK;
}

static enum status parse_number(const char *option, const char *text, double *out)
{
    char *end;
    *out = strtod(text, &end);
    if (end == text || *end != '\0' || !isfinite(*out) || *out < 0)
        return status_fail(STATUS_CONFIG, "--%s is '%s', should be a number, 0 or more", option,
                           text);
    return STATUS_OK;
}

static enum status add_set(struct config_request *c, const char *assignment)
{
    if (c->sets >= CONFIG_OVERRIDES)
        return status_fail(STATUS_CONFIG, "more than %d --set", CONFIG_OVERRIDES);
    c->set[c->sets++] = assignment;
    return STATUS_OK;
}

static enum status parse(int argc, char **argv, struct arguments *a)
{
    static const struct option options[] = {{"dataset", required_argument, NULL, 'd'},
                                            {"method", required_argument, NULL, 'm'},
                                            {"preset", required_argument, NULL, 'p'},
                                            {"seed", required_argument, NULL, 's'},
                                            {"size", required_argument, NULL, 'z'},
                                            {"set", required_argument, NULL, 'k'},
                                            {"out", required_argument, NULL, 'o'},
                                            {"data", required_argument, NULL, 'f'},
                                            {"threads", required_argument, NULL, 't'},
                                            {"checkpoint-every", required_argument, NULL, 'c'},
                                            {"stop-after", required_argument, NULL, 'n'},
                                            {"quiet", no_argument, NULL, 'q'},
                                            {NULL, 0, NULL, 0}};
    double number;
    struct config_request *c = &a->request.config;
    *a = (struct arguments){.first_seed = 1, .last_seed = 1};
    *c = (struct config_request){.method = "td3_odt", .preset = "paper", .size = "paper"};
    a->request.checkpoint_every = 600;
    optind = 1;
    for (int option; (option = getopt_long(argc, argv, "", options, NULL)) != -1;) {
        switch (option) {
        case 'd':
            c->dataset = optarg;
            break;
        case 'm':
            c->method = optarg;
            break;
        case 'p':
            c->preset = optarg;
            break;
        case 's':
            TRY(parse_seeds(optarg, a));
            break;
        case 'z':
            c->size = optarg;
            break;
        case 'k':
            TRY(add_set(c, optarg));
            break;
        case 'o':
            a->out = optarg;
            break;
        case 'f':
            a->request.data_folder = optarg;
            break;
        case 't':
            TRY(parse_number("threads", optarg, &number));
            a->threads = (int)number;
            break;
        case 'c':
            TRY(parse_number("checkpoint-every", optarg, &a->request.checkpoint_every));
            break;
        case 'n':
            TRY(parse_number("stop-after", optarg, &number));
            a->request.stop_after = (int64_t)number;
            break;
        case 'q':
            a->request.quiet = true;
            break;
        default:
            return status_fail(STATUS_CONFIG, "see `vitamin help %s`", argv[0]);
        }
    }
    if (optind < argc)
        return status_fail(STATUS_CONFIG, "'%s' is one argument too many", argv[optind]);
    if (c->dataset == NULL)
        return status_fail(STATUS_CONFIG,
                           "--dataset is missing; `vitamin data list` shows the ids");
    return STATUS_OK;
}

static enum status run_seed(struct arguments *a, long seed)
{
    char folder[FILE_PATH];
    struct run_summary summary;
    const struct config_request *c = &a->request.config;
    const char *slash = strrchr(c->dataset, '/'), *base = slash != NULL ? slash + 1 : c->dataset;
    if (a->out != NULL && a->first_seed == a->last_seed)
        snprintf(folder, sizeof folder, "%s", a->out);
    else
        snprintf(folder, sizeof folder, "%.400s/%.*s/%.80s-%.20s-%.20s/seed%ld",
                 a->out != NULL ? a->out : "results/runs/single", (int)strcspn(base, "."), base,
                 c->method, c->preset, c->size, seed);
    a->request.seed = (uint64_t)seed;
    a->request.folder = folder;
    a->request.stop = &stop_asked;
    TRY(run_execute(&a->request, &summary));
    printf("%s %s seed %ld: %s, score %.2f -> %.2f after %lld transitions, %.0f s, %s/curve.h5\n",
           c->method, base, seed, summary.already_complete ? "was complete" : "complete",
           summary.first_score, summary.last_score, (long long)summary.transitions, summary.seconds,
           folder);
    return STATUS_OK;
}

static enum status run(int argc, char **argv)
{
    struct arguments a;
    TRY(parse(argc, argv, &a));
    threads_set(a.threads);
    catch_signals();
    for (long seed = a.first_seed; seed <= a.last_seed; seed++)
        TRY(run_seed(&a, seed));
    return STATUS_OK;
}

const struct command command_run = {
    .name = "run",
    .usage =
        "--dataset ID|FILE [--method M] [--preset paper|code] [--seed N|A-B]\n"
        "        [--size paper|small|tiny] [--set key=value ...] [--out FOLDER] [--data FOLDER]\n"
        "        [--threads N] [--checkpoint-every SECONDS] [--stop-after ITERATIONS] [--quiet]",
    .help = "train a method on a dataset, from pretraining to its learning curve",
    .run = run,
};

/* --- vitamin config --------------------------------------------------------------------------- */

static enum status print_config(int argc, char **argv)
{
    struct arguments a;
    TRY(parse(argc, argv, &a));
    struct config_request *c = &a.request.config;
    const struct dataset_entry *entry = dataset_find(c->dataset);
    const struct env_kind *kind = env_find(entry != NULL ? entry->env : c->dataset);
    static const char *const suites[] = {"mujoco", "adroit", "maze2d", "antmaze", "bandit"};
    if (kind == NULL)
        return status_fail(STATUS_CONFIG, "unknown dataset '%s'; `vitamin data list` shows the ids",
                           c->dataset);
    struct hyper h;
    char *text;
    c->suite = suites[kind->suite];
    TRY(config_load(c, &h));
    TRY(config_text(&h, &text));
    printf("; %s on %s, preset %s, size %s\n%s", c->method, c->dataset, c->preset, c->size, text);
    free(text);
    return STATUS_OK;
}

const struct command command_config = {
    .name = "config",
    .usage = "--dataset ID [--method M] [--preset paper|code] [--size S] [--set key=value ...]",
    .help = "print the effective configuration of a run",
    .run = print_config,
};
