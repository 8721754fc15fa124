"""The event store and its relay, beside bare connections and a bare producer."""
