/*
 * test_call.h - a call of the server itself on a test's platform, with a connection.
 */
#ifndef SUPPORT_TEST_CALL_H
#define SUPPORT_TEST_CALL_H

#include "call/call.h"
#include "support/test_platform.h"

/* Ends with test_call_end, which gives the connection back and releases what the call made. */
struct call *test_call_begin(struct test_platform *house);
void test_call_end(struct call **call);

#endif
