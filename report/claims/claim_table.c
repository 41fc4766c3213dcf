/* Claims C1 to C45 in our words, and the tests that judge them. */
#include "report/claims/claims.h"

/* clang-format off */
const struct claim claim_table[] = {
{"C1", "Online finetuning with the RL gradient (TD3+ODT) scores higher than ODT.",
 "Tables 1-3, 11; Figs 3, 4, 6", "D26, D60, D61", "fig7", "", {
    {CLAIM_DIFF,   "td3_odt", "odt", .on = "mujoco"},
    {CLAIM_BETTER, "td3_odt", "odt", .on = "mujoco"},
    {CLAIM_DIFF,   "td3_odt", "odt", .on = "adroit"},
    {CLAIM_BETTER, "td3_odt", "odt", .on = "adroit"},
    {CLAIM_DIFF,   "td3_odt", "odt", .on = "antmaze,antmaze-large"},
    {CLAIM_BETTER, "td3_odt", "odt", .on = "antmaze,antmaze-large"},
    {CLAIM_DIFF,   "td3_odt", "odt", .on = "maze2d"},
    {CLAIM_BETTER, "td3_odt", "odt", .on = "maze2d"}}},
{"C2", "The advantage over ODT is largest where the pretraining data has low reward.",
 "Sec. 1, 4; Tables 1, 2", "", "gain", "", {
    {CLAIM_INTERACTION, "td3_odt", "odt", .on = "mujoco/random", .on2 = "mujoco/medium"},
    {CLAIM_INTERACTION, "td3_odt", "odt", .on = "adroit/cloned+human", .on2 = "adroit/expert"},
    {CLAIM_TREND,       "td3_odt", "odt", .on = "*", .aside = true}}},
{"C3", "ODT does not improve when it was pretrained on low-return data.",
 "Sec. 1, 3; Tables 1, 2", "", "gain", "The paper's own table has a counter-example: ODT gains 27 on hopper-random.", {
    {CLAIM_NO_GAIN,    "odt", .on = "mujoco/random"},
    {CLAIM_NO_GAIN,    "odt", .on = "adroit/cloned+human"},
    {CLAIM_NO_GAIN,    "odt", .on = "hopper-random-v2", .aside = true},
    {CLAIM_GAIN_DIFF,  "td3_odt", "odt", .on = "mujoco/random", .aside = true}}},
{"C4", "On the random datasets TD3+ODT scores at least about 40 points higher than ODT.",
 "Sec. 4.3; Table 1", "", "fig6", "", {
    {CLAIM_EACH, "td3_odt", "odt", .on = "mujoco/random"},
    {CLAIM_DIFF, "td3_odt", "odt", .on = "mujoco/random"},
    {CLAIM_DIFF, "td3_odt", "odt", .on = "mujoco/random", .value = 40, .aside = true}}},
{"C5", "Predicting other quantities by supervised learning alone (PDT) does not help either.",
 "Sec. 4; Tables 1-3, 11", "D32", "fig7", "PDT's gains are large only because it starts near 0: judge it by the final score.", {
    {CLAIM_DIFF, "td3_odt", "pdt", .on = "mujoco"},
    {CLAIM_DIFF, "td3_odt", "pdt", .on = "adroit"},
    {CLAIM_DIFF, "td3_odt", "pdt", .on = "antmaze"},
    {CLAIM_DIFF, "td3_odt", "pdt", .on = "maze2d"}}},
{"C6", "A transformer with RL gradients scores higher than TD3+BC.",
 "Sec. 4; Tables 1-3, 11", "D30", "fig7", "", {
    {CLAIM_DIFF, "td3_odt", "td3bc", .on = "mujoco"},
    {CLAIM_DIFF, "td3_odt", "td3bc", .on = "adroit"},
    {CLAIM_DIFF, "td3_odt", "td3bc", .on = "antmaze"},
    {CLAIM_DIFF, "td3_odt", "td3bc", .on = "maze2d"}}},
{"C7", "Supervised and RL gradients together score higher than RL gradients alone (TD3).",
 "Sec. 4; Tables 1-3, 11", "D46, D47, D4, D19", "fig7", "Clear on Adroit and AntMaze; the printed gaps on Gym-MuJoCo (0.7) and Maze2D are too small for five seeds.", {
    {CLAIM_DIFF,  "td3_odt", "td3", .on = "mujoco"},
    {CLAIM_DIFF,  "td3_odt", "td3", .on = "adroit"},
    {CLAIM_DIFF,  "td3_odt", "td3", .on = "antmaze"},
    {CLAIM_DIFF,  "td3_odt", "td3", .on = "maze2d"},
    {CLAIM_EQUAL, "td3_odt", "td3", .on = "mujoco", .value = 5, .aside = true}}},
{"C8", "TD3+ODT scores higher than IQL.",
 "Sec. 4; Tables 1-3, 11", "D31", "fig7", "By the paper's own tables IQL is better on the large mazes of AntMaze and on Maze2D.", {
    {CLAIM_DIFF, "td3_odt", "iql", .on = "mujoco"},
    {CLAIM_DIFF, "td3_odt", "iql", .on = "adroit"},
    {CLAIM_DIFF, "td3_odt", "iql", .on = "antmaze"},
    {CLAIM_DIFF, "td3_odt", "iql", .on = "antmaze,antmaze-large", .aside = true},
    {CLAIM_DIFF, "td3_odt", "iql", .on = "maze2d", .aside = true}}},
{"C9", "TD3 is a better source of the gradient than DDPG; on Maze2D both do about equally well.",
 "Sec. 4; Tables 1-3, 11", "D33, D48", "fig7", "", {
    {CLAIM_DIFF,  "td3_odt", "ddpg_odt", .on = "mujoco"},
    {CLAIM_DIFF,  "td3_odt", "ddpg_odt", .on = "adroit"},
    {CLAIM_DIFF,  "td3_odt", "ddpg_odt", .on = "antmaze"},
    {CLAIM_EQUAL, "td3_odt", "ddpg_odt", .on = "maze2d", .value = 10}}},
{"C10", "Sometimes the TD3 gradient alone is enough (Gym-MuJoCo).",
 "Table 1", "D46", "gain", "", {
    {CLAIM_GAIN_ABOVE, "td3", .on = "mujoco"}}},
{"C11", "On Adroit, TD3 forgets what pretraining had learned.",
 "Table 2; Fig. 3", "D47", "fig3", "", {
    {CLAIM_GAIN_BELOW, "td3", .on = "adroit"},
    {CLAIM_HALVED,     "td3", .on = "adroit", .value = 0.25, .aside = true}}},
{"C12", "TD3+BC fails on nearly all Adroit tasks, often with diverging Q values.",
 "Table 2; Fig. 3", "D30", "fig3", "", {
    {CLAIM_MOST_BELOW, "td3bc", .on = "adroit", .value = 5, .least = 9},
    {CLAIM_LARGE_Q,    "td3bc", .on = "adroit", .value = 0.1, .aside = true}}},
{"C13", "On Adroit, IQL is steadier than TD3 but improves less than TD3+ODT.",
 "Table 2; Fig. 3", "D31, D47", "fig3", "", {
    {CLAIM_STEADIER,  "iql", "td3", .on = "adroit", .value = 1},
    {CLAIM_GAIN_DIFF, "td3_odt", "iql", .on = "adroit"}}},
{"C14", "On Adroit, DDPG+ODT starts well and then collapses.",
 "Table 2; Fig. 3", "D33", "fig3", "", {
    {CLAIM_PEAK,       "ddpg_odt", .on = "adroit"},
    {CLAIM_GAIN_BELOW, "ddpg_odt", .on = "adroit"}}},
{"C15", "On Adroit, ODT is good when pretrained on expert data and poor on cloned and human data.",
 "Table 2", "D12", "fig3", "", {
    {CLAIM_DROP, "odt", .on = "adroit/expert", .on2 = "adroit/cloned"},
    {CLAIM_DROP, "odt", .on = "adroit/expert", .on2 = "adroit/human"}}},
{"C16", "On AntMaze, TD3+ODT is best on umaze and medium, and stays at zero on large.",
 "Table 3; Fig. 4", "D13, D20, D55", "fig4", "", {
    {CLAIM_EACH,        "td3_odt", "iql", .on = "antmaze"},
    {CLAIM_LEVEL_BELOW, "td3_odt", .on = "antmaze-large", .value = 5}}},
{"C17", "On AntMaze, DDPG+ODT is below TD3+ODT and IQL, and well above the rest.",
 "Table 3; Fig. 4", "D33", "fig4", "", {
    {CLAIM_DIFF, "td3_odt", "ddpg_odt", .on = "antmaze"},
    {CLAIM_DIFF, "iql", "ddpg_odt", .on = "antmaze"},
    {CLAIM_DIFF, "ddpg_odt", "td3", .on = "antmaze"},
    {CLAIM_DIFF, "ddpg_odt", "odt", .on = "antmaze"},
    {CLAIM_DIFF, "ddpg_odt", "pdt", .on = "antmaze"},
    {CLAIM_DIFF, "ddpg_odt", "td3bc", .on = "antmaze"}}},
{"C18", "IQL struggles on the random datasets of Gym-MuJoCo.",
 "Table 1; Fig. 6", "D31", "fig6", "The paper's table has an exception: IQL gains 40 on halfcheetah-random.", {
    {CLAIM_EACH,    "td3_odt", "iql", .on = "mujoco/random"},
    {CLAIM_NO_GAIN, "iql", .on = "halfcheetah-random-v2", .aside = true}}},
{"C19", "Autoregressive methods without RL gradients do not improve on Gym-MuJoCo, least of all from random data.",
 "Table 1; Fig. 6", "", "gain", "The general wording goes too far: ODT's printed mean gain is +18.6.", {
    {CLAIM_NO_GAIN, "odt", .on = "mujoco"},
    {CLAIM_NO_GAIN, "odt", .on = "mujoco/random"},
    {CLAIM_NO_GAIN, "pdt", .on = "mujoco/random", .aside = true}}},
{"C20", "On Maze2D, TD3+ODT is slightly below IQL and above all others on average, clearly so above ODT and PDT.",
 "Table 11; Fig. 19", "D11, D41, D50", "fig19", "maze2d-open dominates the average; see the single mazes.", {
    {CLAIM_DIFF, "iql", "td3_odt", .on = "maze2d"},
    {CLAIM_DIFF, "td3_odt", "odt", .on = "maze2d"},
    {CLAIM_DIFF, "td3_odt", "pdt", .on = "maze2d"},
    {CLAIM_DIFF, "td3_odt", "td3", .on = "maze2d"},
    {CLAIM_DIFF, "td3_odt", "ddpg_odt", .on = "maze2d"},
    {CLAIM_DIFF, "td3_odt", "td3bc", .on = "maze2d"},
    {CLAIM_EACH, "iql", "td3_odt", .on = "maze2d", .aside = true}}},
{"C21", "By aggregates with intervals, TD3+ODT outperforms all baselines on Adroit, Gym-MuJoCo and AntMaze (umaze, medium).",
 "Fig. 7", "", "fig7", "On Gym-MuJoCo the interval should overlap TD3's.", {
    {CLAIM_BEST_IQM, "td3_odt", .on = "adroit"},
    {CLAIM_BEST_IQM, "td3_odt", .on = "mujoco"},
    {CLAIM_BEST_IQM, "td3_odt", .on = "antmaze"}}},
{"C22", "A larger RL coefficient helps exploration; too large a one is unstable.",
 "Fig. 5a", "D52, D57", "fig5a", "", {
    {CLAIM_KNOB,     "td3_odt", .on = "halfcheetah-medium-replay-v2", .knob = "alpha_online: 0.001 0.01 0.1 1"},
    {CLAIM_KNOB,     "td3_odt", .on = "hammer-human-v1", .knob = "alpha_online: 0.001 0.01 0.1 1"},
    {CLAIM_VARIANCE, "td3_odt{alpha_online=10}", "td3_odt{alpha_online=1}", .on = "halfcheetah-medium-replay-v2", .value = 1}}},
{"C23", "The acting context has an optimum between the shortest and the longest.",
 "Fig. 5b", "D18, D57", "fig5b", "", {
    {CLAIM_DIFF, "td3_odt{T_eval=5}|td3_odt{T_eval=10}", "td3_odt{T_eval=1}", .on = "halfcheetah-medium-replay-v2"},
    {CLAIM_DIFF, "td3_odt{T_eval=5}|td3_odt{T_eval=10}", "td3_odt{T_eval=20}", .on = "halfcheetah-medium-replay-v2"},
    {CLAIM_DIFF, "td3_odt{T_eval=2}|td3_odt{T_eval=3}", "td3_odt{T_eval=1}", .on = "hammer-cloned-v1", .aside = true},
    {CLAIM_DIFF, "td3_odt{T_eval=2}|td3_odt{T_eval=3}", "td3_odt{T_eval=5}", .on = "hammer-cloned-v1", .aside = true}}},
{"C24", "Longer training contexts converge faster from 1 to 5; 10 and 20 oscillate more.",
 "Fig. 20", "", "fig20", "", {
    {CLAIM_REACH,  "td3_odt", .on = "hammer-cloned-v1", .value = 50, .knob = "T_train: 1 2 3 5"},
    {CLAIM_WOBBLE, "td3_odt{T_train=10}", "td3_odt{T_train=5}", .on = "hammer-cloned-v1", .value = 1},
    {CLAIM_WOBBLE, "td3_odt{T_train=20}", "td3_odt{T_train=5}", .on = "hammer-cloned-v1", .value = 1}}},
{"C25", "With delayed rewards TD3+ODT still scores far higher than ODT.",
 "Table 10; Fig. 18", "D58", "fig18", "", {
    {CLAIM_DIFF, "td3_odt", "odt", .on = "mujoco-delayed"}}},
{"C26", "Delayed rewards hurt the RL-based methods; TD3+BC suffers on random data only.",
 "Table 10; Fig. 18", "D58", "fig18", "", {
    {CLAIM_DROP,        "td3_odt", .on = "mujoco", .on2 = "mujoco-delayed"},
    {CLAIM_DROP,        "td3", .on = "mujoco", .on2 = "mujoco-delayed"},
    {CLAIM_INTERACTION, "td3_odt", "td3bc", .on = "mujoco", .on2 = "mujoco-delayed"},
    {CLAIM_DROP_EQUAL,  "td3bc", .on = "mujoco/medium+medium-replay", .on2 = "mujoco-delayed/medium+medium-replay", .value = 10, .aside = true},
    {CLAIM_DIFF,        "td3_odt", "td3", .on = "mujoco-delayed", .aside = true}}},
{"C27", "Among pure RL gradients TD3 and SAC fit the transformer best; PPO does not work.",
 "Fig. 8", "D35, D36, D44, D45, D70", "fig8", "", {
    {CLAIM_BETTER,  "td3", "awac", .on = "mujoco"},
    {CLAIM_BETTER,  "td3", "awr", .on = "mujoco"},
    {CLAIM_BETTER,  "td3", "ppo", .on = "mujoco"},
    {CLAIM_BETTER,  "sac", "awac", .on = "mujoco"},
    {CLAIM_BETTER,  "sac", "awr", .on = "mujoco"},
    {CLAIM_BETTER,  "sac", "ppo", .on = "mujoco"},
    {CLAIM_NO_GAIN, "ppo", .on = "mujoco"}}},
{"C28", "TD3+ODT scores higher than SAC+ODT.",
 "Fig. 9", "", "fig9", "", {
    {CLAIM_DIFF, "td3_odt", "sac_odt", .on = "mujoco"}}},
{"C29", "PPO's importance ratio is unstable with a transformer.",
 "Fig. 10", "D35", "fig10", "", {
    {CLAIM_RATIO, "ppo", .on = "hopper-medium-v2,halfcheetah-medium-v2", .value = 0.05}}},
{"C30", "IQL+ODT works on the large mazes of AntMaze where TD3+ODT does not, and fails on hopper-random.",
 "Fig. 11", "D39, D56", "fig11", "", {
    {CLAIM_DIFF, "iql_odt", "td3_odt", .on = "antmaze-large"},
    {CLAIM_DIFF, "td3_odt", "iql_odt", .on = "hopper-random-v2"}}},
{"C31", "On three random datasets TD3+ODT keeps improving past 500K transitions.",
 "Fig. 21", "D10", "fig21", "", {
    {CLAIM_LATER, "td3_odt{*}", .on = "hopper-random-v2,walker2d-random-v2,ant-random-v2", .value = 500000}}},
{"C32", "LayerNorm in the critic helps pen-cloned and hurts halfcheetah.",
 "Fig. 22", "D42", "fig22", "", {
    {CLAIM_DIFF, "td3_odt{critic_layernorm=1}", "td3_odt{critic_layernorm=0}", .on = "pen-cloned-v1"},
    {CLAIM_DIFF, "td3_odt{critic_layernorm=0}", "td3_odt{critic_layernorm=1}", .on = "halfcheetah-medium-replay-v2"},
    {CLAIM_LOSS, "td3_odt{critic_layernorm=1}", "td3_odt{critic_layernorm=0}", .on = "pen-cloned-v1", .aside = true}}},
{"C33", "Recurrent critics are less stable than reflexive ones, especially with longer contexts.",
 "Fig. 23", "D43", "fig23", "", {
    {CLAIM_DIFF, "td3_odt{critic_arch=mlp,T_train=20}", "td3_odt{critic_arch=lstm,T_train=1}", .on = "hopper-medium-v2"},
    {CLAIM_DIFF, "td3_odt{critic_arch=lstm,T_train=1}", "td3_odt{critic_arch=lstm,T_train=2}", .on = "hopper-medium-v2"},
    {CLAIM_DIFF, "td3_odt{critic_arch=lstm,T_train=2}", "td3_odt{critic_arch=lstm,T_train=20}", .on = "hopper-medium-v2"}}},
{"C34", "A KL term cures forgetting on expert data, and can hinder TD3+ODT at low return.",
 "Fig. 24", "D33b", "fig24", "", {
    {CLAIM_GAIN_ABOVE, "td3_kl", .on = "adroit/expert", .value = -5},
    {CLAIM_DIFF,       "td3_odt", "td3_odt_kl", .on = "adroit/cloned"},
    {CLAIM_GAIN_ABOVE, "td3_odt_kl", .on = "adroit/expert", .value = -5, .aside = true}}},
{"C35", "A curriculum of target returns does not help ODT.",
 "Fig. 24", "D33b, D53", "fig24", "", {
    {CLAIM_SAME, "odt_curriculum", "odt", .on = "adroit/cloned"}}},
{"C36", "Guiding ODT with an expert's policy does not guarantee success: it fails on hammer-cloned.",
 "Fig. 24", "D33b", "fig24", "", {
    {CLAIM_LEVEL_BELOW, "odt_jsrl_oracle", .on = "hammer-cloned-v1", .value = 20},
    {CLAIM_LEVEL_ABOVE, "td3_odt", .on = "hammer-cloned-v1", .value = 60}}},
{"C37", "Guiding TD3 with its own pretrained policy does not prevent forgetting.",
 "Fig. 24", "D33b", "fig24", "", {
    {CLAIM_SAME,       "td3_jsrl_pretrain", "td3", .on = "adroit/expert+cloned"},
    {CLAIM_GAIN_BELOW, "td3_jsrl_pretrain", .on = "adroit/expert"},
    {CLAIM_GAIN_BELOW, "td3", .on = "adroit/expert"}}},
{"C38", "Of the ablated TD3+BC only the one with a transformer works, and it stays below TD3+ODT.",
 "Fig. 25", "D30, D33b, D53", "fig25", "", {
    {CLAIM_DIFF, "td3bc_dt", "td3bc", .on = "adroit/cloned"},
    {CLAIM_SAME, "td3_rvs", "td3bc", .on = "adroit/cloned"},
    {CLAIM_DIFF, "td3_odt", "td3bc_dt", .on = "adroit/cloned"}}},
{"C39", "More layers do not rescue the multi-layer perceptron (RvS).",
 "Fig. 26", "D54", "fig26", "", {
    {CLAIM_DIFF, "odt", "td3_rvs|td3_rvs_1layer|td3_rvs_3layer", .on = "adroit/expert"},
    {CLAIM_DIFF, "td3_odt", "td3_rvs|td3_rvs_1layer|td3_rvs_3layer", .on = "adroit/expert"}}},
{"C40", "Training with the RL gradient costs only about a fifth more than ODT.",
 "App. H", "D4, D62", "cost", "", {
    {CLAIM_COST, "td3_odt", "odt", .on = "mujoco", .value = 1.2},
    {CLAIM_COST, "td3_odt", "odt", .on = "adroit,antmaze,antmaze-large,maze2d", .value = 1.2, .aside = true}}},
{"C41", "In the single-state MDP, DDPG and ODT+DDPG find the hidden peak and ODT does not.",
 "Fig. 2", "D1, D2, D2c", "fig2", "The paper shows one seed; a re-simulation finds ODT never, DDPG in half and ODT+DDPG in 14 to 43 of 100 seeds.", {
    {CLAIM_MISSES, "odt", .on = "bandit", .value = 0.1},
    {CLAIM_FINDS,  "ddpg", .on = "bandit", .value = 0.1},
    {CLAIM_FINDS,  "ddpg_odt{*}", .on = "bandit", .value = 0.1}}},
{"C42", "In the single-state MDP a signal for local improvement makes the difference, not more data.",
 "Fig. 2c, d", "D2, D2c", "fig2", "", {
    {CLAIM_CRITIC,    "ddpg", .on = "bandit"},
    {CLAIM_CRITIC,    "ddpg_odt{*}", .on = "bandit"},
    {CLAIM_NEAR_DATA, "odt", .on = "bandit", .value = 0.1}}},
{"C43", "The inverse coverage of a target return grows at least with its square (discrete returns) or its power 1.5 (Lipschitz densities).",
 "Corollaries 1-3", "D63, D64, D65, D66, D67, D68", "theory_growth", "As bounds in corrected form the corollaries hold, not as printed; they do not say how steep every law's curve is.", {
    {CLAIM_SLOPE,       "zeta", .value = 2, .label = "slope of 1/alpha_f at least 2: discrete returns, P(g) ~ g^-3"},
    {CLAIM_SLOPE,       "power", .value = 1.5, .label = "slope of 1/alpha_f at least 1.5: Lipschitz density ~ g^-2.5"},
    {CLAIM_SLOPE,       "bernoulli", .value = 2, .label = "slope of 1/alpha_f at least 2: Bernoulli rewards"},
    {CLAIM_BOUND,       "", .label = "alpha_f at most its corrected bound, for every law that meets the assumptions"},
    {CLAIM_COVERAGE,    "", .label = "delta = (1-eps)^(n+1): simulated coverage within 2.77 standard errors", .aside = true},
    {CLAIM_PRINTED,     "", .label = "the bound of Lemma 3 as printed is positive", .aside = true},
    {CLAIM_SLOPE_BELOW, "spikes", .value = 1.5, .label = "without Lipschitz continuity the slope can stay below 1.5 (spikes)", .aside = true},
    {CLAIM_SLOPE,       "slow", .value = 2, .label = "slope at least 2 for whatever law meets the assumptions (P(g) ~ g^-1.5)", .aside = true}}},
{"C44", "In training the visible context length is nearly uniform.",
 "App. D", "D29", "fig12", "", {
    {CLAIM_CONTEXT,  "", .label = "our sampler's contexts are uniform on 1..min(K,t+1) at every position t"},
    {CLAIM_DISTANCE, "1000 20", .value = 0.01, .label = "all positions of 1000 steps, K = 20: distance from uniform on 1..20 < 0.01"},
    {CLAIM_DISTANCE, "30 20", .value = 0.01, .label = "all positions of 30 steps, K = 20: distance from uniform on 1..20 < 0.01", .aside = true}}},
{"C45", "ODT's high target return lies far beyond the expected one and yields low real return.",
 "Sec. 3.3", "D68", "targets", "A plateau or a decline of the real return beyond the best return in the data.", {
    {CLAIM_TARGET_SHARE,  "odt{*}", .on = "*", .value = 0.5},
    {CLAIM_TARGET_BEYOND, "odt{*}", .on = "*", .value = 0.1},
    {CLAIM_TARGET_WITHIN, "odt{*}", .on = "*", .value = 0, .aside = true}}},
};
/* clang-format on */

const int claim_count = sizeof claim_table / sizeof claim_table[0];
