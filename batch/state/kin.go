package state

import "slices"

// Kin is another run that sent lines of the same table as the input, for an account that
// this run calls, too.
type Kin struct {
	Info Info
	// Providers are those that it called for the same account.
	Providers []string
	// Journal is its folder.
	Journal string
}

// Kin are the other runs that the lines of an input which is a result come from or went
// through; nothing if it is none. It reads the folder anew; the error is the system's.
func (r *Run) Kin() (kin []Kin, err error) {
	if !r.Info.Input.Result {
		return nil, nil
	}
	err = r.store.exclusively(func() error {
		all, err := r.store.records()
		if err != nil {
			return err
		}
		for _, rec := range all {
			shares := func(origin string) bool { return slices.Contains(rec.Origins, origin) }
			if rec.ID == r.Info.ID || rec.Fault != "" || !slices.ContainsFunc(r.Info.Origins, shares) {
				continue
			}
			k := Kin{Info: rec.Info, Journal: r.store.Journal(rec.ID)}
			for provider, sum := range r.rec.Accounts {
				if rec.Accounts[provider] == sum {
					k.Providers = append(k.Providers, provider)
				}
			}
			if k.Providers != nil {
				slices.Sort(k.Providers)
				kin = append(kin, k)
			}
		}
		return nil
	})
	return kin, err
}
