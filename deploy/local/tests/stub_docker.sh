#!/bin/sh
# A `docker` without an engine: writes its arguments into $STUB_DOCKER/calls, answers from files there.
printf '%s port=%s\n' "$*" "${VINCULO_PORT:-}" >> "$STUB_DOCKER/calls"
case "$*" in
    info*) echo 28.0.0 ;;
    "compose version"*) cat "$STUB_DOCKER/compose-version" ;;
    *" ps --all"*) cat "$STUB_DOCKER/containers" ;;
    "volume ls"*) cat "$STUB_DOCKER/volumes" ;;
    "compose config"*) echo '{"name": "vinculo"}' ;;
    *) exit "$(cat "$STUB_DOCKER/exit-code")" ;;
esac
