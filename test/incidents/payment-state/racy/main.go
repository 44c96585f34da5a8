// Command payment-state follows orders from creation to settlement. It serves on a free loopback port
// and plays both the shop, which asks where orders stand, and the payment provider, which moves them on.
package main

import (
	"context"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"net/url"
	"sync"

	"example.com/payment-state/payment"
)

const (
	buyers = 8
	orders = 8
)

func main() {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		log.Fatal(err)
	}
	server := &http.Server{Handler: routes()}
	go server.Serve(listener)
	address := "http://" + listener.Addr().String()

	var wg sync.WaitGroup
	for buyer := 0; buyer < buyers; buyer++ {
		wg.Add(1)
		go func() {
			defer wg.Done()
			for n := 0; n < orders; n++ {
				if err := buy(address, fmt.Sprintf("order-%d-%d", buyer, n)); err != nil {
					log.Print(err)
				}
			}
		}()
	}
	wg.Wait()
	if err := server.Shutdown(context.Background()); err != nil {
		log.Fatal(err)
	}
	fmt.Printf("%d orders, %d settled\n", buyers*orders, payment.Count(payment.Settled))
}

// buy takes one order through all states.
func buy(address, order string) error {
	if err := post(address+"/create", url.Values{"order": {order}}); err != nil {
		return err
	}
	for _, to := range []string{"authorized", "captured", "settled"} {
		form := url.Values{"order": {order}, "to": {to}, "signature": {sign(order + to)}}
		if err := post(address+"/advance", form); err != nil {
			return err
		}
		if err := post(address+"/status", url.Values{"order": {order}}); err != nil {
			return err
		}
	}
	return nil
}

func post(to string, form url.Values) error {
	res, err := http.PostForm(to, form)
	if err != nil {
		return err
	}
	defer res.Body.Close()
	body, err := io.ReadAll(res.Body)
	if err == nil && res.StatusCode >= 400 {
		err = fmt.Errorf("%s: %s", res.Status, body)
	}
	return err
}
