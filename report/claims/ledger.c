#include "report/claims/ledger.h"

#include <string.h>

/* clang-format off */
const struct ledger_entry ledger_table[] = {
    {"D1",   "The single-state MDP's first data interval is printed as (-1, 0.95), which would hide nothing; the code draws from (-1, -0.95), and so do these runs."},
    {"D2",   "The paper gives no weights for ODT+DDPG's two losses in the single-state MDP and does not say what its critic sees. Code: 0.02 to 1, critic of return and action; preset paper: critic of the action alone."},
    {"D2c",  "Figure 2 shows a single seed. Of 100 simulated seeds ODT finds the peak in none, DDPG in 52, ODT+DDPG in 14 to 43."},
    {"D4",   "The paper has two critic updates an actor update everywhere; the released commands have one outside of Gym-MuJoCo."},
    {"D10",  "Budgets of the paper are 500K and 1M transitions; the code stops at 600K and 1.05M. Here scores are read at the paper's budget."},
    {"D11",  "The code divides the rewards of maze2d-open by 100 because its name contains \"pen-\"; printed scores fit undivided rewards."},
    {"D12",  "The code scales returns-to-go of Door by 0.001, which makes them nearly constant; the paper is silent."},
    {"D13",  "AntMaze's returns-to-go are scaled by 0.001 in the code and by 1 in the original ODT."},
    {"D18",  "T_eval of Pen and Hammer is 1 and 5 in the paper's table, 5 and 1 in the released commands."},
    {"D19",  "The TD3 baseline is said to be pretrained by supervision; the released commands leave that out on AntMaze."},
    {"D20",  "AntMaze-umaze has T_train 5 and 40K pretraining steps in the paper's table, T_train 1 and 200K in the released commands."},
    {"D26",  "\"Final\" is not defined in the paper. Here the curve is interpolated at the budget, run by run."},
    {"D29",  "Contexts in training reach back to the segment's left edge, in evaluation they have a fixed length."},
    {"D30",  "Neither paper nor code defines how TD3+BC goes on online."},
    {"D31",  "IQL's finetuning script inserts unscaled rewards online although the offline ones are scaled; settings exist for AntMaze only."},
    {"D32",  "PDT is pretrained for 40K steps in the paper, 50K in its own instructions; its warm-up steps stand outside of its count."},
    {"D33",  "DDPG+ODT is not in the released code; here: a single critic, no smoothing, no delay."},
    {"D33b", "The variants with KL, JSRL, curriculum, TD3+BC with transformer and TD3 with RvS are not in the released code."},
    {"D35",  "AWR and PPO end in an error in the released code; here they follow the text of its trainer."},
    {"D36",  "The code pretrains the critic of AWR and PPO without discount and mask; preset paper corrects this."},
    {"D39",  "It is not clear which expectile and temperature IQL+ODT used."},
    {"D41",  "Maze2D's target returns lie below what the policies reach, so targets are not high there."},
    {"D42",  "Figure 22 names halfcheetah-medium in its caption and halfcheetah-medium-replay in its panel."},
    {"D43",  "The recurrent critic is an LSTM in the paper, a plain network by default in the code."},
    {"D44",  "AWAC's two switches have no default in the paper; preset paper is plain AWAC."},
    {"D45",  "Coefficients of the pure gradients (SAC, AWAC, AWR, PPO) are not stated."},
    {"D46",  "The text quotes averages of 88.51 and 84.23 for TD3+ODT and TD3; Table 1 prints 88.38 and 87.64."},
    {"D47",  "Table 2 prints 31.85(-29.63) as TD3's average; its rows give 27.44(-27.07)."},
    {"D48",  "Table 1's averages of DDPG+ODT (final) and IQL (increase) differ from their rows by 0.5 and 1.3."},
    {"D50",  "Some dataset names in the paper exist in no version of D4RL; the nearest existing ones are run."},
    {"D52",  "Figure 5a's Hammer-human panel ends at 2.2 where Table 2 has 116.8 for the same method."},
    {"D53",  "Figure 25's caption names methods that its legend does not have; the legend's are run."},
    {"D54",  "Figure 26 shows expert data while its section speaks of cloned data; expert is run."},
    {"D55",  "The text speaks of the large mazes in Figure 4, which does not show them."},
    {"D56",  "Figure 11 shows both large mazes, its text names one; both are run."},
    {"D57",  "The ablation of alpha has two panels, one of them doubtful."},
    {"D58",  "With delayed rewards TD3 ends above TD3+ODT on average in the paper's own table."},
    {"D60",  "The code seeds its environments with constants, so its runs are not independent; preset paper derives them from the run's seed."},
    {"D61",  "Methods that share a pretraining print different initial scores: the noise of seeds is large."},
    {"D62",  "An overhead of 20 % is printed, with most of the critic's time in policy inference; 600 critic updates accompany 300 actor updates."},
    {"D63",  "Lemma 3's first term must be a square for its units to fit."},
    {"D64",  "The probability in Lemma 3 follows a Beta(n+1, 1) law, which gives (1-eps)^(n+1)."},
    {"D66",  "The corollary for densities needs the absolute third moment."},
    {"D67",  "Corollary 3 writes Omega where an upper bound is meant."},
    {"D68",  "That a tight bound makes the return fall is an argument from an upper bound, no proof."},
    {"D70",  "AWR's warm-up counts gradient steps and is looked at once an iteration: its first online iteration is without the RL term."},
};
/* clang-format on */

const int ledger_count = (int)(sizeof ledger_table / sizeof *ledger_table);

const struct ledger_entry *ledger_find(const char *id)
{
    for (int i = 0; i < ledger_count; i++) {
        if (strcmp(ledger_table[i].id, id) == 0)
            return &ledger_table[i];
    }
    return NULL;
}
