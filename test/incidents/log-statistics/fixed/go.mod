module example.com/log-statistics

go 1.22
