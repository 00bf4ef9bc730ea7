/* weather.c - a clock and a disk that misbehave, for a process that is started with this in LD_PRELOAD.
 *
 * The file that TICKMESH_TEST_WEATHER names holds a struct weather, which the test changes while the process
 * runs. Only the clock on the wall is moved: nobody sets the monotonic one. */
#define _GNU_SOURCE
#include <fcntl.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

#define SECOND_NS INT64_C(1000000000)

struct weather {
    _Atomic int64_t clock_offset_ns;
    _Atomic int64_t sync_min_us; /* every fsync takes so long, or by chance longer, up to the next */
    _Atomic int64_t sync_max_us;
    _Atomic uint64_t chance; /* the state of a generator of random numbers, one for all processes */
};

static struct weather *weather;

__attribute__((constructor)) static void look(void)
{
    const char *path = getenv("TICKMESH_TEST_WEATHER");
    int file = path == NULL ? -1 : open(path, O_RDWR | O_CLOEXEC);
    void *found = MAP_FAILED;

    if (file >= 0) {
        found = mmap(NULL, sizeof *weather, PROT_READ | PROT_WRITE, MAP_SHARED, file, 0);
        close(file);
    }
    if (found != MAP_FAILED)
        weather = found;
}

int clock_gettime(clockid_t clock, struct timespec *now)
{
    int64_t moment_ns;

    if (syscall(SYS_clock_gettime, clock, now) != 0)
        return -1;
    if (weather == NULL || (clock != CLOCK_REALTIME && clock != CLOCK_REALTIME_COARSE))
        return 0;
    moment_ns = now->tv_sec * SECOND_NS + now->tv_nsec + atomic_load(&weather->clock_offset_ns);
    now->tv_sec = moment_ns / SECOND_NS;
    now->tv_nsec = moment_ns % SECOND_NS;
    return 0;
}

int gettimeofday(struct timeval *restrict now, void *restrict zone)
{
    struct timespec moment;

    (void)zone;
    if (clock_gettime(CLOCK_REALTIME, &moment) != 0)
        return -1;
    now->tv_sec = moment.tv_sec;
    now->tv_usec = moment.tv_nsec / 1000;
    return 0;
}

time_t time(time_t *kept)
{
    struct timespec moment;

    if (clock_gettime(CLOCK_REALTIME, &moment) != 0)
        return (time_t)-1;
    if (kept != NULL)
        *kept = moment.tv_sec;
    return moment.tv_sec;
}

/* splitmix64, so that a seed gives the same delays again. */
static uint64_t chance(void)
{
    uint64_t z = atomic_fetch_add(&weather->chance, UINT64_C(0x9e3779b97f4a7c15));

    z = (z ^ (z >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
    z = (z ^ (z >> 27)) * UINT64_C(0x94d049bb133111eb);
    return z ^ (z >> 31);
}

static void wait_for_the_disk(void)
{
    int64_t least_us, most_us;

    if (weather == NULL)
        return;
    least_us = atomic_load(&weather->sync_min_us);
    most_us = atomic_load(&weather->sync_max_us);
    if (most_us > least_us)
        least_us += (int64_t)(chance() % (uint64_t)(most_us - least_us));
    if (least_us > 0)
        usleep((useconds_t)least_us);
}

int fsync(int file)
{
    wait_for_the_disk();
    return (int)syscall(SYS_fsync, file);
}

int fdatasync(int file)
{
    wait_for_the_disk();
    return (int)syscall(SYS_fdatasync, file);
}
