module example.com/payment-state

go 1.22
