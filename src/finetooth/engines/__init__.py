"""Where shards are scanned: here, in worker processes, on a cluster. They decide nothing but that."""
