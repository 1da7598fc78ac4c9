package linearizability

import (
	"crypto/sha1" //nolint:gosec // SHA1 is how Redis names scripts
	"fmt"
	"strconv"

	"github.com/mnorrsken/postkeys/commands/servertest"
)

// Scripts compute the new balances themselves: only their atomicity keeps others from changing them meanwhile.
const (
	transferScript = `
		local from, to = redis.call('GET', KEYS[1]), redis.call('GET', KEYS[2])
		redis.call('SET', KEYS[1], from - ARGV[1])
		redis.call('SET', KEYS[2], to + ARGV[1])
		return 1`

	// undeclaredScript does not say in KEYS who gets the money.
	undeclaredScript = `
		local other = 'account:' .. ARGV[2]
		local from, to = redis.call('GET', KEYS[1]), redis.call('GET', other)
		redis.call('SET', other, to + ARGV[1])
		redis.call('SET', KEYS[1], from - ARGV[1])
		return 1`

	// transferLibrary moves a coin, if there is one, in one direction and money in the other.
	transferLibrary = `#!lua name=bank
		redis.register_function('transfer', function(keys, args)
			local coin = redis.call('LPOP', keys[3])
			if coin then redis.call('RPUSH', keys[4], coin) end
			redis.call('INCRBY', keys[1], args[1])
			redis.call('DECRBY', keys[2], args[1])
			return 1
		end)`

	// sumScript adds up accounts and purses, whose number is the argument. It declares no key of its own accord.
	sumScript = `
		local sum, coins = 0, 0
		for i = 0, ARGV[1] - 1 do
			sum = sum + redis.call('GET', 'account:' .. i)
			coins = coins + redis.call('LLEN', 'purse:' .. i)
		end
		return {sum, coins}`
)

var transferDigest, undeclaredDigest = digest(transferScript), digest(undeclaredScript)

// digest is the name that Redis gives a script.
func digest(script string) string {
	return fmt.Sprintf("%x", sha1.Sum([]byte(script))) //nolint:gosec // SHA1 is how Redis names scripts
}

// execute runs commands in a transaction. lost says that a watched key had changed.
func (b *bank) execute(c *servertest.Client, commands ...[]string) (done, lost bool, err error) {
	values, err := b.exchange(c, append(append([][]string{{"MULTI"}}, commands...), words("EXEC"))...)
	if values == nil {
		return false, false, err
	}
	return true, values[len(values)-1].Null, nil
}

// transferWatched computes the balances here, until nobody has changed them meanwhile.
func (b *bank) transferWatched(c *servertest.Client, d deal) (bool, error) {
	from, to := account(d.from), account(d.to)
	for lost := true; lost; {
		// The second command is sent when the first one is known to have been executed.
		if done, err := b.answer(c, "WATCH", from, to); !done {
			return false, err
		}
		values, err := b.exchange(c, words("MGET", from, to))
		if values == nil {
			return false, err
		}
		var has [2]int
		for i := range has {
			if has[i], err = strconv.Atoi(string(values[0].Elems[i].Str)); err != nil {
				return false, err
			}
		}
		var done bool
		done, lost, err = b.execute(c, words("SET", from, strconv.Itoa(has[0]-d.amount)), words("SET", to, strconv.Itoa(has[1]+d.amount)))
		if !done {
			return false, err
		}
		if lost {
			b.lost.Add(1)
		}
	}
	return true, nil
}

func (b *bank) transferBlindly(c *servertest.Client, d deal) (bool, error) {
	n := strconv.Itoa(d.amount)
	done, _, err := b.execute(c, words("DECRBY", account(d.from), n), words("INCRBY", account(d.to), n))
	return done, err
}

func (b *bank) moveCoin(c *servertest.Client, d deal) (bool, error) {
	return b.answer(c, "LMOVE", purse(d.from), purse(d.to), "LEFT", "RIGHT")
}

func (b *bank) transferByScript(c *servertest.Client, d deal) (bool, error) {
	return b.answer(c, "EVALSHA", transferDigest, "2", account(d.from), account(d.to), strconv.Itoa(d.amount))
}

func (b *bank) transferUndeclared(c *servertest.Client, d deal) (bool, error) {
	return b.answer(c, "EVALSHA", undeclaredDigest, "1", account(d.from), strconv.Itoa(d.amount), strconv.Itoa(d.to))
}

func (b *bank) transferByFunction(c *servertest.Client, d deal) (bool, error) {
	return b.answer(c, "FCALL", "transfer", "4", account(d.from), account(d.to), purse(d.from), purse(d.to), strconv.Itoa(d.amount))
}

// inspect adds up what all accounts and purses hold at one moment.
func (b *bank) inspect(c *servertest.Client, _ deal) (bool, error) {
	commands := [][]string{{"MULTI"}, {"MGET"}}
	for i := range accounts {
		commands[1] = append(commands[1], account(i))
		commands = append(commands, words("LLEN", purse(i)))
	}
	values, err := b.exchange(c, append(commands, words("EXEC"))...)
	if values == nil {
		return false, err
	}
	replies := values[len(values)-1].Elems
	sum, coins := 0, 0
	for i := range accounts {
		n, err := strconv.Atoi(string(replies[0].Elems[i].Str))
		if err != nil {
			return false, err
		}
		sum, coins = sum+n, coins+int(replies[1+i].Int)
	}
	return audit(sum, coins)
}

// inspectByScript declares every key.
func (b *bank) inspectByScript(c *servertest.Client, _ deal) (bool, error) {
	args := words("EVAL", sumScript, strconv.Itoa(2*accounts))
	for i := range accounts {
		args = append(args, account(i), purse(i))
	}
	return b.sum(c, args...)
}

// inspectReadOnly declares none.
func (b *bank) inspectReadOnly(c *servertest.Client, _ deal) (bool, error) {
	return b.sum(c, "EVAL_RO", sumScript, "0")
}

// sum runs sumScript by a command without the script's argument.
func (b *bank) sum(c *servertest.Client, args ...string) (bool, error) {
	values, err := b.exchange(c, append(args, strconv.Itoa(accounts)))
	if values == nil {
		return false, err
	}
	return audit(int(values[0].Elems[0].Int), int(values[0].Elems[1].Int))
}

// audit compares a result of an inspection with what there always is.
func audit(sum, coins int) (bool, error) {
	if sum != accounts*balance || coins != accounts*purseSize {
		return false, fmt.Errorf("the sum is %d, not %d; there are %d coins, not %d", sum, accounts*balance, coins, accounts*purseSize)
	}
	return true, nil
}
