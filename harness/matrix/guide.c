#include "harness/matrix/guide.h"

#include "harness/matrix/cell.h"

enum status guide_check(const struct matrix *m, const struct matrix_cell *c, const char *results)
{
    char folder[FILE_PATH], path[FILE_PATH], name[4 * CONFIG_NAME], hash[SHA256_HEX];
    struct run_folder look;
    if (c->guide == 0)
        return STATUS_OK;
    const struct matrix_cell *guide = &m->cell[c->guide - 1];
    bool there;
    TRY(matrix_folder(guide, results, folder));
    TRY(file_path(path, "%s/policy_offline.h5", folder));
    run_folder_look(folder, &look, NULL);
    if (look.trouble != STATUS_OK && look.trouble != STATUS_DAMAGED)
        return status_fail(look.trouble, "its guide's curve: %.500s", look.reason);
    if (*look.config_hash != '\0') {
        TRY(cell_config_hash(guide, hash));
        TRY(cell_check(guide, hash, folder, &look));
    }
    TRY(file_look(path, &there));
    if (there)
        return STATUS_OK;
    matrix_describe(guide, name, sizeof name);
    /* A run writes its policy before its curve says that it is over. */
    if (run_folder_is_over(look.state))
        return status_fail(STATUS_MISSING,
                           "cell %d, %s, is %s and has left no policy that could guide; remove %s "
                           "to run it anew",
                           guide->number, name, run_folder_word(look.state), folder);
    return status_fail(STATUS_WAITS, "waits for cell %d, %s, to leave its policy (%s)",
                       guide->number, name, run_folder_word(look.state));
}
