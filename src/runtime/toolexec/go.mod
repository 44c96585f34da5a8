module toolexec

go 1.22
