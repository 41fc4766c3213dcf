#include "harness/curve/provenance.h"

#include "engine/base/stop.h"

#include <criterion/criterion.h>
#include <signal.h>

Test(provenance, of_the_same_program_and_machine_is_no_further_segment)
{
    struct curve begun = {.attributes = 0};
    cr_assert_eq(provenance_stamp(&begun), STATUS_OK, "%s", status_sentence());
    cr_assert_eq(provenance_resume(&begun), STATUS_OK, "%s", status_sentence());
    cr_assert_eq(begun.segments, 0);
    curve_free(&begun);
}

/* "Cannot be read now" must not become another program or machine: a resume would record a segment.
 */
Test(provenance, is_not_stamped_while_the_program_cannot_be_read)
{
    struct curve c = {.attributes = 0};
    stop_catch();
    raise(SIGTERM); /* reading it is interrupted */
    cr_assert_eq(provenance_stamp(&c), STATUS_INTERRUPTED);
    cr_assert_not(curve_has(&c, "program"));
    cr_assert_not(curve_has(&c, "machine"));
    curve_free(&c);
}
