// A program resets the backoff of a connection whose balancer makes and removes connections.
package main

import (
	"strconv"

	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/grpc/resolver"
	"google.golang.org/grpc/resolver/manual"
)

func main() {
	r := manual.NewBuilderWithScheme("driver")
	address := func(i int) resolver.State {
		a := resolver.Address{Addr: "127.0.0.1:" + strconv.Itoa(i)}
		return resolver.State{Addresses: []resolver.Address{a}}
	}
	r.InitialState(address(1))
	cc, err := grpc.NewClient("driver:///x", grpc.WithResolvers(r), grpc.WithTransportCredentials(insecure.NewCredentials()))
	if err != nil {
		panic(err)
	}
	defer cc.Close()
	cc.Connect()
	done := make(chan struct{})
	go func() {
		defer close(done)
		for i := range 500 {
			r.UpdateState(address(i%2 + 1))
		}
	}()
	for range 5000 {
		cc.ResetConnectBackoff()
	}
	<-done
}
