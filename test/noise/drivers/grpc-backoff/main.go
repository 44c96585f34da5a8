// A program resets the backoff of a connection while its balancer makes and removes connections.
package main

import (
	"strconv"
	"sync"

	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/grpc/resolver"
	"google.golang.org/grpc/resolver/manual"
)

func main() {
	r := manual.NewBuilderWithScheme("driver")
	addresses := func(from int) resolver.State {
		var s resolver.State
		for i := from; i < from+100; i++ {
			s.Addresses = append(s.Addresses, resolver.Address{Addr: "127.0.0.1:" + strconv.Itoa(i)})
		}
		return s
	}
	r.InitialState(addresses(1))
	cc, err := grpc.NewClient("driver:///x",
		grpc.WithResolvers(r),
		grpc.WithTransportCredentials(insecure.NewCredentials()),
		grpc.WithDefaultServiceConfig(`{"loadBalancingConfig":[{"round_robin":{}}]}`))
	if err != nil {
		panic(err)
	}
	defer cc.Close()
	cc.Connect()
	done := make(chan struct{})
	var wg sync.WaitGroup
	for i := 0; i < 3; i++ {
		wg.Add(1)
		go func() {
			defer wg.Done()
			for {
				select {
				case <-done:
					return
				default:
					cc.ResetConnectBackoff()
				}
			}
		}()
	}
	for i := 0; i < 200; i++ {
		r.UpdateState(addresses(i%2*100 + 1))
	}
	close(done)
	wg.Wait()
}
