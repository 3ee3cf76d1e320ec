/*
 * notify.h - tells systemd how the program is doing; without systemd it does nothing.
 */
#ifndef BASE_NOTIFY_H
#define BASE_NOTIFY_H

/* Sends one message of sd_notify(3): "READY=1", "RELOADING=1", "STOPPING=1", "WATCHDOG=1",
 * "STATUS=...". Failing to is of no interest to anybody. */
void notify_supervisor(const char *message);

/* How often the supervisor is to hear "WATCHDOG=1", in milliseconds: twice in the time after which
 * it takes the program for dead; -1 when it does not watch. */
int notify_watchdog_period(void);

#endif
