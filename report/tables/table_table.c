#include "report/tables/table_table.h"

/* clang-format off */
const struct table_entry table_table[] = {
    {"tab1",             "Gym-MuJoCo: final(increase)",                 "mujoco",         table_main,             false},
    {"tab2",             "Adroit: final(increase)",                     "adroit",         table_main,             false},
    {"tab3",             "AntMaze: final(increase)",                    "antmaze",        table_main,             false},
    {"tab10",            "Gym-MuJoCo, delayed reward: final(increase)", "mujoco-delayed", table_main,             false},
    {"tab11",            "Maze2D: final(increase)",                     "maze2d",         table_main,             false},
    {"tab-other",        "Other datasets: final(increase)",             "other",          table_main,             false},
    {"tab-bandit",       "Single-state MDP: mean reward at the end",    "bandit",         table_main,             false},
    {"ablation-mujoco",  "Gym-MuJoCo: ablations and variants",          "mujoco",         table_ablation,         false},
    {"ablation-adroit",  "Adroit: ablations and variants",              "adroit",         table_ablation,         false},
    {"ablation-antmaze", "AntMaze: ablations and variants",             "antmaze",        table_ablation,         false},
    {"ablation-maze2d",  "Maze2D: ablations and variants",              "maze2d",         table_ablation,         false},
    {"aggregates",       "Aggregate scores by suite and method",        "",               table_aggregate,        false},
    {"pairs",            "Pairwise comparisons",               "",               table_pairs,            false},
    {"ranks",            "Ranks of methods",                            "",               table_ranks,            false},
    {"agreement",        "Agreement with the paper",         "",               table_agreement,        false},
    {"tab1-paper",       "Gym-MuJoCo: the paper's numbers and ours",              "mujoco",         table_compare,          false},
    {"tab2-paper",       "Adroit: the paper's numbers and ours",                  "adroit",         table_compare,          false},
    {"tab3-paper",       "AntMaze: the paper's numbers and ours",                 "antmaze",        table_compare,          false},
    {"tab10-paper",      "Delayed reward: the paper's numbers and ours",          "mujoco-delayed", table_compare,          false},
    {"tab11-paper",      "Maze2D: the paper's numbers and ours",                  "maze2d",         table_compare,          false},
    {"tab1-printed",     "Table 1 as printed",                          "tab1",           table_published,        true},
    {"tab2-printed",     "Table 2 as printed",                          "tab2",           table_published,        true},
    {"tab3-printed",     "Table 3 as printed",                          "tab3",           table_published,        true},
    {"tab10-printed",    "Table 10 as printed",                         "tab10",          table_published,        true},
    {"tab11-printed",    "Table 11 as printed",                         "tab11",          table_published,        true},
    {"audit",            "The paper's averages, recomputed",            "",               table_audit,            false},
    {"tab4",             "Adroit: datasets",                            "adroit",         table_datasets,         false},
    {"tab5",             "AntMaze: datasets",                           "antmaze",        table_datasets,         false},
    {"tab6",             "Gym-MuJoCo: datasets",                        "mujoco",         table_datasets,         false},
    {"tab7",             "Maze2D: datasets",                            "maze2d",         table_datasets,         false},
    {"tab8",             "Hyperparameters as used",                     "",               table_hyper_common,     false},
    {"tab9",             "Hyperparameters by dataset",                  "",               table_hyper_by_dataset, false},
    {"cost",             "Cost of the runs",                          "",               table_cost,             false},
    {"status",           "Status of the runs",                        "",               table_status,           false},
};
/* clang-format on */

const int table_count = sizeof table_table / sizeof table_table[0];
