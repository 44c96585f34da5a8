package main

import (
	"crypto/hmac"
	"crypto/sha256"
	"fmt"
	"net/http"

	"example.com/payment-state/payment"
)

func routes() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("/create", create)
	mux.HandleFunc("/advance", advance)
	mux.HandleFunc("/status", status)
	return mux
}

func create(w http.ResponseWriter, r *http.Request) {
	payment.Create(r.FormValue("order"))
	w.WriteHeader(http.StatusCreated)
}

// advance is what the payment provider calls; it signs what it sends.
func advance(w http.ResponseWriter, r *http.Request) {
	order, to := r.FormValue("order"), r.FormValue("to")
	if !hmac.Equal([]byte(r.FormValue("signature")), []byte(sign(order+to))) {
		http.Error(w, "bad signature", http.StatusForbidden)
		return
	}
	if err := payment.Advance(order, payment.Status(to)); err != nil {
		http.Error(w, err.Error(), http.StatusConflict)
		return
	}
	w.WriteHeader(http.StatusNoContent)
}

func status(w http.ResponseWriter, r *http.Request) {
	s, ok := payment.StatusOf(r.FormValue("order"))
	if !ok {
		http.NotFound(w, r)
		return
	}
	fmt.Fprintln(w, s)
}

func sign(text string) string {
	sum := []byte(text)
	for i := 0; i < 300; i++ {
		mac := hmac.New(sha256.New, []byte("shared secret"))
		mac.Write(sum)
		sum = mac.Sum(nil)
	}
	return fmt.Sprintf("%x", sum)
}
