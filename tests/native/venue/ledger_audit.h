/* ledger_audit.h - what must be true of a venue's live orders, whatever it has been fed. */
#ifndef TICKMESH_LEDGER_AUDIT_H
#define TICKMESH_LEDGER_AUDIT_H

#include "venue/venue.h"

/* Returns what is broken, or NULL. */
const char *ledger_audit(const struct venue *venue);

#endif
