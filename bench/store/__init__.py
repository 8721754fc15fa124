"""The event store and its relay, compared with bare connections and a bare producer."""
