// Package payment keeps the state of every order's payment.
package payment

import "fmt"

// Status is a state of the payment state machine.
type Status string

// The states, in the order in which a payment passes through them.
const (
	Created    Status = "created"
	Authorized Status = "authorized"
	Captured   Status = "captured"
	Settled    Status = "settled"
)

// next says which state may follow which.
var next = map[Status]Status{
	Created:    Authorized,
	Authorized: Captured,
	Captured:   Settled,
}

// statuses is the state of every order that is known.
var statuses = map[string]Status{}

// Create registers an order.
func Create(order string) {
	statuses[order] = Created
}

// Advance moves an order to its next state, which must be the given one.
func Advance(order string, to Status) error {
	from, ok := statuses[order]
	if !ok {
		return fmt.Errorf("order %s is not known", order)
	}
	if next[from] != to {
		return fmt.Errorf("order %s cannot go from %s to %s", order, from, to)
	}
	statuses[order] = to
	return nil
}

// StatusOf tells where an order stands.
func StatusOf(order string) (Status, bool) {
	s, ok := statuses[order]
	return s, ok
}

// Count tells how many orders are in a state.
func Count(in Status) int {
	n := 0
	for _, s := range statuses {
		if s == in {
			n++
		}
	}
	return n
}
