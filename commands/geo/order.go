package geo

import "slices"

// Order sorts what a search found by distance, as ASC and DESC ask for, and returns the first count of it, or all if
// count is 0. distance returns that of a result. The order of results at equal distances, and which of them are returned
// if not all are, is Redis': its results keep the order in which they were found when all of them are returned; otherwise
// it puts only the first ones in order, with a quicksort that moves equal ones around.
func Order[T any](found []T, distance func(*T) float64, descending bool, count int) []T {
	compare := func(a, b *T) int {
		order := -1
		if x, y := distance(a), distance(b); x > y {
			order = 1
		} else if x == y {
			order = 0
		}
		if descending {
			return -order
		}
		return order
	}
	if count <= 0 || count >= len(found) {
		slices.SortStableFunc(found, func(a, b T) int { return compare(&a, &b) })
		return found
	}
	sortFirst(found, count, compare)
	return found[:count]
}

// sortFirst puts those elements in their places that belong to the first count. It is the quicksort of J. L. Bentley and
// M. D. McIlroy, "Engineering a sort function", 1993, less the parts that nobody asked for. Each comparison and exchange
// is where it is in their paper: elements that compare equal show it.
func sortFirst[T any](s []T, count int, compare func(a, b *T) int) {
	for len(s) >= 7 {
		less, greater := partition(s, compare)
		if less > 1 {
			sortFirst(s[:less], count, compare)
		}
		start := len(s) - greater
		if greater <= 1 || start >= count {
			return
		}
		s, count = s[start:], count-start
	}
	for i := 1; i < len(s); i++ {
		for j := i; j > 0 && compare(&s[j-1], &s[j]) > 0; j-- {
			s[j-1], s[j] = s[j], s[j-1]
		}
	}
}

// partition moves the elements that are less than one of them to the front and those that are greater to the end, and
// returns how many there are of each.
func partition[T any](s []T, compare func(a, b *T) int) (less, greater int) {
	p := pivot(s, compare)
	s[0], s[p] = s[p], s[0]
	// While it runs: equal up to a, less up to b, unknown up to c, greater up to d, and equal again.
	n := len(s)
	a, b, c, d := 1, 1, n-1, n-1
	for {
		for ; b <= c; b++ {
			order := compare(&s[b], &s[0])
			if order > 0 {
				break
			}
			if order == 0 {
				s[a], s[b] = s[b], s[a]
				a++
			}
		}
		for ; b <= c; c-- {
			order := compare(&s[c], &s[0])
			if order < 0 {
				break
			}
			if order == 0 {
				s[c], s[d] = s[d], s[c]
				d--
			}
		}
		if b > c {
			break
		}
		s[b], s[c] = s[c], s[b]
		b++
		c--
	}
	less, greater = b-a, d-c
	// The equal ones at both ends change places with the nearest others and are in the middle then.
	exchange(s[:b], min(a, less))
	exchange(s[b:], min(greater, n-1-d))
	return less, greater
}

// exchange exchanges the first n elements with the last n; they do not overlap.
func exchange[T any](s []T, n int) {
	for i, last := 0, len(s)-n; i < n; i++ {
		s[i], s[last+i] = s[last+i], s[i]
	}
}

// pivot chooses the element to divide at: the middle one, the median of three, or that of the medians of three times
// three.
func pivot[T any](s []T, compare func(a, b *T) int) int {
	n := len(s)
	first, middle, last := 0, n/2, n-1
	if n > 40 {
		d := n / 8
		first = median(s, first, first+d, first+2*d, compare)
		middle = median(s, middle-d, middle, middle+d, compare)
		last = median(s, last-2*d, last-d, last, compare)
	}
	if n > 7 {
		middle = median(s, first, middle, last, compare)
	}
	return middle
}

// median returns the place of the middle one of three elements.
func median[T any](s []T, a, b, c int, compare func(a, b *T) int) int {
	if compare(&s[a], &s[b]) < 0 {
		switch {
		case compare(&s[b], &s[c]) < 0:
			return b
		case compare(&s[a], &s[c]) < 0:
			return c
		default:
			return a
		}
	}
	switch {
	case compare(&s[b], &s[c]) > 0:
		return b
	case compare(&s[a], &s[c]) < 0:
		return a
	default:
		return c
	}
}
