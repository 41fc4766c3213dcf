/* Every figure of the report, one row each. A new figure is a function in a fig_*.c and a row here.
 *
 * fig1 and fig13 to fig17 are drawings and pictures without data; fig12 is a law that can be
 * checked.
 */
#include "report/figures/figures.h"

#include "report/figures/fig_against.h"
#include "report/figures/fig_bandit.h"
#include "report/figures/fig_curves.h"
#include "report/figures/fig_paper.h"
#include "report/figures/fig_status.h"
#include "report/figures/fig_targets.h"
#include "report/figures/fig_theory.h"
#include "report/figures/suite_figure.h"

#define MUJOCO_ROWS    "medium medium-replay random"
#define MUJOCO_COLUMNS "hopper ant walker2d halfcheetah"
#define ADROIT_ROWS    "expert cloned human"
#define ADROIT_COLUMNS "pen hammer relocate door"
#define ADROIT_CLONED  "pen-cloned-v1 hammer-cloned-v1 relocate-cloned-v1 door-cloned-v1"
#define ADROIT_EXPERT  "pen-expert-v1 hammer-expert-v1 relocate-expert-v1 door-expert-v1"

/* clang-format off */
const struct figure_row figure_table[] = {
    /* the paper's */
    {.id = "fig2",   .title = "Single-state MDP", .source = "Fig. 2", .draw = bandit_figure},
    {.id = "fig3",   .title = "Adroit: learning curves", .source = "Fig. 3", .draw = curves_suite,
     .suite = "adroit", .rows = ADROIT_ROWS, .columns = ADROIT_COLUMNS},
    {.id = "fig4",   .title = "AntMaze: learning curves", .source = "Fig. 4", .draw = curves_suite,
     .suite = "antmaze", .y_high = 100},
    {.id = "fig4b",  .title = "AntMaze-large: learning curves", .source = "Table 3", .draw = curves_suite,
     .suite = "antmaze-large", .y_high = 100},
    {.id = "fig5a",  .title = "RL coefficient", .source = "Fig. 5a", .draw = curves_knob,
     .methods = "td3_odt", .datasets = "halfcheetah-medium-replay-v2 hammer-human-v1",
     .knob = "alpha_online", .knob_name = "α"},
    {.id = "fig5b",  .title = "Context length when acting", .source = "Fig. 5b", .draw = curves_knob,
     .methods = "td3_odt", .datasets = "halfcheetah-medium-replay-v2 hammer-cloned-v1",
     .knob = "T_eval", .knob_name = "T_eval"},
    {.id = "fig6",   .title = "Gym-MuJoCo: learning curves", .source = "Fig. 6", .draw = curves_suite,
     .suite = "mujoco", .rows = MUJOCO_ROWS, .columns = MUJOCO_COLUMNS},
    {.id = "fig7a",  .title = "Adroit: aggregate scores", .source = "Fig. 7a", .draw = intervals_draw,
     .suite = "adroit"},
    {.id = "fig7b",  .title = "Gym-MuJoCo: aggregate scores", .source = "Fig. 7b", .draw = intervals_draw,
     .suite = "mujoco"},
    {.id = "fig7c",  .title = "AntMaze (umaze and medium): aggregate scores", .source = "Fig. 7c",
     .draw = intervals_draw, .suite = "antmaze"},
    {.id = "fig7d",  .title = "Maze2D: aggregate scores", .source = "Fig. 7d", .draw = intervals_draw,
     .suite = "maze2d"},
    {.id = "fig7",   .title = "Aggregate scores by suite", .source = "Fig. 7", .draw = intervals_draw},
    {.id = "fig8",   .title = "RL gradients alone", .source = "Fig. 8", .draw = curves_suite,
     .suite = "mujoco", .rows = MUJOCO_ROWS, .columns = MUJOCO_COLUMNS,
     .methods = "odt td3 sac awac awr ppo"},
    {.id = "fig9",   .title = "SAC against TD3 as the gradient", .source = "Fig. 9", .draw = curves_suite,
     .suite = "mujoco", .rows = MUJOCO_ROWS, .columns = MUJOCO_COLUMNS, .methods = "td3_odt sac_odt"},
    {.id = "fig10",  .title = "PPO: return and importance ratio", .source = "Fig. 10", .draw = curves_ppo,
     .methods = "ppo"},
    {.id = "fig11",  .title = "IQL against TD3 as the gradient", .source = "Fig. 11", .draw = curves_suite,
     .datasets = "hopper-random-v2 antmaze-large-play-v2 antmaze-large-diverse-v2",
     .methods = "iql_odt td3_odt"},
    {.id = "fig12",  .title = "Visible context in training", .source = "Fig. 12", .draw = theory_draw_context},
    {.id = "fig18",  .title = "Gym-MuJoCo, delayed reward: learning curves", .source = "Fig. 18",
     .draw = curves_suite, .suite = "mujoco-delayed", .rows = MUJOCO_ROWS, .columns = MUJOCO_COLUMNS},
    {.id = "fig19",  .title = "Maze2D: learning curves", .source = "Fig. 19", .draw = curves_suite,
     .suite = "maze2d"},
    {.id = "fig20",  .title = "Context length in training", .source = "Fig. 20", .draw = curves_knob,
     .methods = "td3_odt", .datasets = "hammer-cloned-v1", .knob = "T_train", .knob_name = "T_train"},
    {.id = "fig21",  .title = "Longer training", .source = "Fig. 21", .draw = curves_longer,
     .methods = "td3_odt", .datasets = "hopper-random-v2 walker2d-random-v2 ant-random-v2",
     .budget = 1400000, .mark = 500000},
    {.id = "fig22",  .title = "Layer normalisation in the critic", .source = "Fig. 22", .draw = curves_loss,
     .methods = "td3_odt", .datasets = "halfcheetah-medium-replay-v2 halfcheetah-medium-v2 pen-cloned-v1",
     .knob = "critic_layernorm", .knob_name = "critic_layernorm", .budget = 500000},
    {.id = "fig23",  .title = "Recurrent critics", .source = "Fig. 23", .draw = curves_knob,
     .methods = "td3_odt", .datasets = "hopper-medium-v2", .knob = "critic_arch T_train T_eval",
     .knob_name = "critic, T_train, T_eval", .budget = 100000},
    {.id = "fig24",  .title = "Forgetting and exploration", .source = "Fig. 24", .draw = curves_suite,
     .datasets = ADROIT_CLONED " " ADROIT_EXPERT, .rows = "cloned expert", .columns = ADROIT_COLUMNS,
     .methods = "odt odt_jsrl_oracle odt_curriculum td3 td3_kl td3_jsrl_pretrain td3_odt_kl td3_odt"},
    {.id = "fig25",  .title = "Architectures", .source = "Fig. 25", .draw = curves_suite,
     .datasets = ADROIT_CLONED, .rows = "cloned", .columns = ADROIT_COLUMNS,
     .methods = "odt td3bc td3_rvs td3bc_dt td3_odt"},
    {.id = "fig26",  .title = "Layers of RvS", .source = "Fig. 26", .draw = curves_suite,
     .datasets = ADROIT_EXPERT, .rows = "expert", .columns = ADROIT_COLUMNS,
     .methods = "odt td3_rvs_1layer td3_rvs td3_rvs_3layer td3_odt"},

    /* suites that the paper does not have */
    {.id = "curves",    .title = "learning curves",  .source = "", .draw = curves_other},
    {.id = "intervals", .title = "aggregate scores", .source = "", .draw = intervals_draw_other},

    /* beyond the paper */
    {.id = "gain",               .title = "From pretrained to finetuned", .source = "", .suites = gain_draw, .what = RESULTS_INCREASE},
    {.id = "profiles",           .title = "Score distributions", .source = "", .suites = profiles_draw},
    {.id = "sample_efficiency",  .title = "Sample efficiency", .source = "", .suites = efficiency_draw},
    {.id = "improvement",        .title = "Probability of improvement", .source = "",
     .suites = improvement_draw},
    {.id = "improvement_matrix", .title = "Probability of improvement, all pairs", .source = "",
     .draw = improvement_draw_matrix},
    {.id = "ranks",              .title = "Rank probabilities", .source = "", .suites = ranks_draw},
    {.id = "paper_vs_ours",      .title = "Printed and reproduced scores", .source = "",
     .draw = paper_scatter},
    {.id = "against",            .title = "Here and there", .source = "", .draw = against_draw},
    {.id = "published_vs_ours",  .title = "Published results and the runs here", .source = "",
     .draw = published_scatter},
    {.id = "theory_growth",      .title = "Coverage of target returns", .source = "", .draw = theory_draw_growth},
    {.id = "theory_ratio",       .title = "The decision transformer's weights and AWAC's", .source = "", .draw = theory_draw_ratio},
    {.id = "seeds",              .title = "every final score", .source = "", .draw = curves_seeds},
    {.id = "targets",            .title = "Return asked for and return earned", .source = "Sec. 3.3", .draw = targets_figure},
    {.id = "status",             .title = "Status of the runs", .source = "", .draw = status_map},
    {.id = "cost",               .title = "Score against wall clock", .source = "", .suites = cost_draw},
    {.id = "cost_steps",         .title = "Score against gradient steps", .source = "", .suites = cost_draw},
    {.id = "phases",             .title = "Time by phase", .source = "", .suites = phases_draw},

    /* one per dataset, in the page only */
    {.id = "dataset", .title = "", .source = "", .draw = curves_datasets},
};
/* clang-format on */

const int figure_table_count = sizeof figure_table / sizeof *figure_table;
