module example.com/config-watcher

go 1.22
