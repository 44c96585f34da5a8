// The changes of a build are read while another file event adds one.
package main

import (
	"strconv"

	"github.com/gohugoio/hugo/hugolib"
	"github.com/gohugoio/hugo/identity"
)

func main() {
	w := &hugolib.WhatChanged{}
	w.Add(identity.StringIdentity("first"))
	done := make(chan struct{})
	go func() {
		defer close(done)
		for i := range 1000 {
			w.Add(identity.StringIdentity(strconv.Itoa(i)))
		}
	}()
	for range 1000 {
		w.Changes()
	}
	<-done
}
