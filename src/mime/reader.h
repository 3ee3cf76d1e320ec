/*
 * reader.h - messages read in processes of their own, with bounds of time and memory.
 *
 * A message may be such that a library breaks down over it, or never comes to an end. So none is
 * parsed in the process that serves: readers do it, one message after the other. A reader that
 * dies, takes too long or answers nonsense is replaced, and the message is given to a new one once
 * more, which reads its header alone: so it can be filed with its original, and says that it is
 * cut. One that no reader survives is refused.
 *
 * Readers are forked from a process that is small and has one thread, their parent: the same
 * program, started anew, without the server's memory, settings or connections. It is started again
 * when it ends. A reader has a socket to the server and the files of the message that it reads, and
 * can open no other, nor do anything but compute (base/confine.h), where the system lets it give up
 * the rest; it has a bound of memory, and ends with its parent, and that with the server, whatever
 * ends them. What it says of a message is not trusted (answer.h). What it could do if a message
 * took it over is to lie about that message and those that it reads later, up to the next renewal.
 *
 * Memory: what is read lives in the arena given; the bytes of parts are in a file which is closed
 * with it.
 * Threads: shared; as many readers are made as messages are read at once. Started and stopped by
 * one thread.
 * Specifications: as mime.h; prctl(2), setrlimit(2), seccomp(2).
 */
#ifndef MIME_READER_H
#define MIME_READER_H

#include "mime/mime.h"

struct log;
struct mime_readers;

struct mime_bounds {
    int64_t time;   /* milliseconds for one message, and one more for each 10 KB of it; then
                     * the reader is killed */
    int64_t most;   /* milliseconds for both readings of it, whatever its size; 0: no bound */
    int64_t memory; /* bytes of a reader beyond what the program takes; of new readers */
    const char *request_id; /* for the log */
};

/* How many readers were made, and how many lost over a message; how many messages are known by
 * their header alone, and how many were refused; how often the parent was started again. */
struct mime_reader_counts {
    unsigned long long made, lost, cut, refused, restarted;
};

/* Every program that starts readers begins with this. Started as their parent, as its words say, it
 * is that and nothing else: this does not return then. */
void mime_readers_serve(int count, char **words);

/* Starts the parent. The log may be opened later. Fails with INTERNAL when the system gives no
 * process. */
must_check bool mime_readers_start(const struct log *log, struct mime_readers **readers_out,
                                   struct error *error);

/* Reads a message, as mime_read does, and with VALUE_INVALID for one that no reader survives. BUSY:
 * the system gives no process. */
must_check bool mime_readers_read(struct mime_readers *readers, struct arena *arena,
                                  const struct mime_source *source,
                                  const struct mime_limits *limits,
                                  const struct mime_bounds *bounds,
                                  struct mime_message **message_out, struct error *error);

struct mime_reader_counts mime_readers_count(struct mime_readers *readers);

/* Ends all readers and their parent; no message is being read. Accepts a pointer to NULL and
 * leaves NULL. */
void mime_readers_stop(struct mime_readers **readers);

#endif
