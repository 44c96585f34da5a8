module example.com/session-cache

go 1.22
