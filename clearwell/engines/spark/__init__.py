"""Apache Spark on this machine: its Java, its jars, its settings, its process."""
