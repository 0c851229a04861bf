"""An engine that runs as a process on this machine: started, watched, limited, ended with its parent."""
