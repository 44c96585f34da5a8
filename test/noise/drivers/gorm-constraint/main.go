// Two models that refer to each other are parsed for the first time by two requests, one of which migrates.
package main

import (
	"sync"

	"gorm.io/gorm/schema"
)

type User struct {
	ID   uint
	Pets []Pet
	Toys []Toy
}

type Pet struct {
	ID     uint
	UserID uint
	User   User
}

type Toy struct {
	ID     uint
	UserID uint
	User   User
}

func main() {
	for i := 0; i < 300; i++ {
		var cache sync.Map
		naming := schema.NamingStrategy{}
		pet, err := schema.Parse(&Pet{}, &cache, naming)
		if err != nil {
			panic(err)
		}
		rel := pet.Relationships.Relations["User"]
		done := make(chan struct{})
		go func() {
			defer close(done)
			for _, model := range more {
				if _, err := schema.Parse(model, &cache, naming); err != nil {
					panic(err)
				}
			}
		}()
		for i := 0; i < 50; i++ {
			rel.ParseConstraint()
		}
		<-done
	}
}

// Schemas whose has-one relation to Owner is entered into the relations of User.
var more = []any{&Hat{}, &Coat{}}

type Hat struct {
	ID    uint
	Owner User `gorm:"foreignKey:ID;references:ID"`
}

type Coat struct {
	ID    uint
	Owner User `gorm:"foreignKey:ID;references:ID"`
}
