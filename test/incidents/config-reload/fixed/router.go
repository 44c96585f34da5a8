package main

import (
	"encoding/json"
	"net/http"
	"strings"
	"sync/atomic"
)

// Router sends requests to the backend with the longest matching prefix. Its routes can be replaced
// while it serves.
type Router struct {
	// routes is a snapshot: the map that it points to is never written again.
	routes atomic.Pointer[map[string]string]
}

func newRouter(routes map[string]string) *Router {
	r := &Router{}
	r.load(routes)
	return r
}

func (r *Router) load(routes map[string]string) {
	next := make(map[string]string, len(routes))
	for prefix, backend := range routes {
		next[prefix] = backend
	}
	r.routes.Store(&next)
}

func (r *Router) match(path string) (string, bool) {
	longest, found := "", ""
	for prefix, backend := range *r.routes.Load() {
		if strings.HasPrefix(path, prefix) && len(prefix) > len(longest) {
			longest, found = prefix, backend
		}
	}
	return found, longest != ""
}

// ServeHTTP answers with the backend that would get the request.
func (r *Router) ServeHTTP(w http.ResponseWriter, req *http.Request) {
	backend, ok := r.match(req.URL.Path)
	if !ok {
		http.NotFound(w, req)
		return
	}
	w.Write([]byte(backend))
}

// handleReload replaces the routes with those in the request's body.
func (r *Router) handleReload(w http.ResponseWriter, req *http.Request) {
	var routes map[string]string
	if err := json.NewDecoder(req.Body).Decode(&routes); err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	r.load(routes)
	w.WriteHeader(http.StatusNoContent)
}
