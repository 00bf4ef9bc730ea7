/* expect.h - what nearly always or nearly never is the case.
 *
 * A compiler that has to guess takes each early return for likely, and after a dozen of them the path that all
 * orders take for cold: it then saves bytes there, and divides and copies by slow instructions. */
#ifndef TICKMESH_EXPECT_H
#define TICKMESH_EXPECT_H

#define LIKELY(condition) __builtin_expect((condition) != 0, 1)
#define UNLIKELY(condition) __builtin_expect((condition) != 0, 0)

#endif
