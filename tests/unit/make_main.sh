#!/bin/sh
# Writes the main program of a unit test: every function named test_* in the given files, and
# `suite`, when there is one.
names=$(cat "$@" | sed -n 's/^void \(test_[a-z0-9_]*\)(void \*\*state)$/\1/p')
suite=$(cat "$@" | sed -n 's/^void \(suite\)(enum runner_stage stage)$/\1/p')
printf '/* made by %s */\n' "$0"
printf '#include <setjmp.h>\n#include <stdarg.h>\n#include <stddef.h>\n#include <stdint.h>\n'
printf '#include <stdio.h>\n#include <string.h>\n#include <cmocka.h>\n\n'
printf '#include "support/runner.h"\n\n'
for name in $names; do printf 'void %s(void **state);\n' "$name"; done
if [ -n "$suite" ]; then printf 'void suite(enum runner_stage stage);\n'; fi
printf '\nstatic const struct CMUnitTest tests[] = {\n'
for name in $names; do printf '    cmocka_unit_test(%s),\n' "$name"; done
printf '};\n\nstatic const char *const names[] = {\n'
for name in $names; do printf '    "%s",\n' "$name"; done
cat <<C
};

static int run(const char *name)
{
    cmocka_set_test_filter(name);
    return cmocka_run_group_tests(tests, NULL, NULL);
}

int main(int argc, char **argv)
{
    const struct runner runner = {
        .names = names,
        .count = sizeof(names) / sizeof(names[0]),
        .run = run,
        .suite = ${suite:-NULL},
    };
    return runner_main(&runner, argc, argv);
}
C
