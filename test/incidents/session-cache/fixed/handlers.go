package main

import (
	"encoding/json"
	"net/http"
	"sort"
	"strings"
)

// Order is one line of a customer's order history.
type Order struct {
	Number int    `json:"number"`
	Item   string `json:"item"`
}

func routes() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("/login", handleLogin)
	mux.HandleFunc("/orders", handleOrders)
	mux.HandleFunc("/logout", handleLogout)
	return mux
}

func handleLogin(w http.ResponseWriter, r *http.Request) {
	user, password, ok := r.BasicAuth()
	if !ok {
		http.Error(w, "who are you?", http.StatusUnauthorized)
		return
	}
	s := startSession(user, password)
	w.Write([]byte(s.Token))
}

func handleOrders(w http.ResponseWriter, r *http.Request) {
	s, ok := sessionFor(bearer(r))
	if !ok {
		http.Error(w, "please log in", http.StatusUnauthorized)
		return
	}
	json.NewEncoder(w).Encode(ordersOf(s.User))
}

func handleLogout(w http.ResponseWriter, r *http.Request) {
	endSession(bearer(r))
	w.WriteHeader(http.StatusNoContent)
}

func bearer(r *http.Request) string {
	return strings.TrimPrefix(r.Header.Get("Authorization"), "Bearer ")
}

// ordersOf stands for the query that a real shop would send to its database.
func ordersOf(user string) []Order {
	items := []string{"teapot", "kettle", "cup", "spoon"}
	orders := make([]Order, 0, 40)
	for i := 0; i < cap(orders); i++ {
		orders = append(orders, Order{Number: (i*37 + len(user)) % 1000, Item: items[i%len(items)]})
	}
	sort.Slice(orders, func(i, j int) bool { return orders[i].Number < orders[j].Number })
	return orders
}
