/*
 * progress.c - one line on standard error, drawn over itself.
 */
#include "apps/admin/progress.h"

#include <inttypes.h>
#include <stdio.h>

#include "apps/admin/report.h"
#include "base/time.h"

enum { BAR_WIDTH = 24, BETWEEN_DRAWINGS = 150, PER_MILLE = 1000 };

void progress_begin(struct progress *progress, const char *name)
{
    *progress = (struct progress){
        .name = name,
        .is_shown = report_is_terminal(stderr),
        .begun = time_monotonic(),
    };
}

void progress_update(struct progress *progress, size_t rows, int64_t part, int64_t whole)
{
    int64_t now = time_monotonic();

    if (!progress->is_shown || now - progress->updated < BETWEEN_DRAWINGS) {
        return;
    }
    progress->updated = now;
    int64_t share = whole > 0 ? part * PER_MILLE / whole : PER_MILLE;
    int filled = (int)(share * BAR_WIDTH / PER_MILLE);
    int64_t rate = now > progress->begun ? (int64_t)rows * 1000 / (now - progress->begun) : 0;
    fprintf(stderr, "\r\033[K%-24s [", progress->name);
    for (int i = 0; i < BAR_WIDTH; i++) {
        fputc(i < filled ? '#' : '.', stderr);
    }
    fprintf(stderr, "] %3" PRId64 " %%  %zu rows  %" PRId64 "/s", share / 10, rows, rate);
    fflush(stderr);
}

void progress_end(struct progress *progress)
{
    if (progress->is_shown) {
        fprintf(stderr, "\r\033[K");
    }
}
