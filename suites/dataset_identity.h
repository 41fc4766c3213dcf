/* How a dataset is identified, independent of the name of its file and of the program that wrote
 * it.
 *
 *   file digest      SHA-256 of the file. D4RL's own are known by it (dataset_table).
 *   content digest   SHA-256 over the arrays that the reader takes (observations, actions, rewards,
 *                    terminals, timeouts, next_observations): of each its name, type, shape and
 *                    numbers, as they are in memory (float32, flags of a byte, little-endian).
 *                    Attributes, compression, stored widths and fields that no result depends on
 *                    do not enter, so two files with the same arrays are the same dataset.
 *
 * Curves record both. Those from before content digests hold the file's only, and a stand-in's file
 * holds the revision of the program that made it: for the recorded ones a table says their content.
 */
#ifndef SUITES_DATASET_IDENTITY_H
#define SUITES_DATASET_IDENTITY_H

#include "engine/base/sha256.h"
#include "suites/dataset_table.h"

/* Which of D4RL's files is this, by its digest? NULL: none whose digest is known. The file is read
 * only when it has the size of one of them, and once as long as it stays as it is.
 * Errors  STATUS_IO, STATUS_INTERRUPTED */
enum status dataset_recognise(const char *path, const struct dataset_entry **out);

/* The content digest of a stand-in whose file had this SHA-256; "": not known. */
const char *dataset_known_content(const char *file_sha256);

/* The stand-ins of dataset_known_content, each made by this recipe with this revision of the
 * program; file NULL ends the list. */
struct dataset_alias {
    const char *env;
    bool waypoint; /* else uniform actions; seed 1 */
    int64_t rows;
    const char *revision;
    const char *file, *content; /* SHA-256 */
};
extern const struct dataset_alias dataset_aliases[];

#endif
