module example.com/local-replica

go 1.22
