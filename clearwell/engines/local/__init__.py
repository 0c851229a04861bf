"""An engine that runs as a process of this machine: started, watched, limited, ended with its parent."""
