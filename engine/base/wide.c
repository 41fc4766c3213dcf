#include "engine/base/wide.h"

bool wide_in_use;
