package main

import (
	"crypto/sha256"
	"encoding/hex"
	"sync"
	"time"
)

const sessionLifetime = 30 * time.Minute

// Session is what the shop remembers about a logged-in customer. It does not change once it is made.
type Session struct {
	Token   string
	User    string
	Expires time.Time
}

// sessions holds everybody who is logged in, by token; sessionsMu guards it.
var (
	sessionsMu sync.RWMutex
	sessions   = make(map[string]*Session)
)

// startSession logs a customer in.
func startSession(user, password string) *Session {
	s := &Session{
		Token:   newToken(user, password),
		User:    user,
		Expires: time.Now().Add(sessionLifetime),
	}
	sessionsMu.Lock()
	sessions[s.Token] = s
	sessionsMu.Unlock()
	return s
}

// sessionFor finds the session of a request, unless it has run out.
func sessionFor(token string) (*Session, bool) {
	sessionsMu.RLock()
	s, ok := sessions[token]
	sessionsMu.RUnlock()
	if !ok || time.Now().After(s.Expires) {
		return nil, false
	}
	return s, true
}

// endSession logs a customer out.
func endSession(token string) {
	sessionsMu.Lock()
	defer sessionsMu.Unlock()
	delete(sessions, token)
}

// newToken stretches the password, as a real login would, and adds the time.
func newToken(user, password string) string {
	sum := sha256.Sum256([]byte(user + ":" + password + time.Now().String()))
	for i := 0; i < 2000; i++ {
		sum = sha256.Sum256(sum[:])
	}
	return hex.EncodeToString(sum[:])
}
