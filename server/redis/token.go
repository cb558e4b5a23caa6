package redis

import (
	"context"
	"crypto/rand"
	"errors"
	"time"

	goredis "github.com/redis/go-redis/v9"
)

// Token is the one place where all processes keep a WeChat access token, so that they do
// not fetch one each. Its errors are CodeUnavailable when Redis does not answer.
type Token struct {
	client   *goredis.Client
	name     string
	key      string
	mayForce MayForce
}

// MayForce counts the forced refreshes of an account's token, one in gap over all processes.
// It is not Redis that counts them: what it forgets would be forced twice.
type MayForce func(ctx context.Context, name string, gap time.Duration) (bool, error)

// NewToken makes the store of one account's token; name tells accounts apart (the AppID).
func NewToken(client *goredis.Client, name string, mayForce MayForce) *Token {
	return &Token{client: client, name: name, key: "wechat-token:" + name, mayForce: mayForce}
}

// Get returns the token; ok is false when there is none or it has run out.
func (t *Token) Get(ctx context.Context) (token string, ok bool, err error) {
	ctx, cancel := limited(ctx)
	defer cancel()
	token, err = t.client.Get(ctx, t.key).Result()
	if errors.Is(err, goredis.Nil) {
		return "", false, nil
	}
	if err != nil {
		return "", false, unavailable(err)
	}
	return token, true, nil
}

// Set keeps a token for ttl. A ttl under a millisecond, or an empty token, keeps nothing
// and removes what was there.
func (t *Token) Set(ctx context.Context, token string, ttl time.Duration) error {
	ctx, cancel := limited(ctx)
	defer cancel()
	var err error
	if ttl < time.Millisecond || token == "" { // Redis would keep ttl 0 for ever
		err = t.client.Del(ctx, t.key).Err()
	} else {
		err = t.client.Set(ctx, t.key, token, ttl).Err()
	}
	if err != nil {
		return unavailable(err)
	}
	return nil
}

// Invalidate removes this token, after WeChat refused it. One that another process has put
// in its place meanwhile stays.
func (t *Token) Invalidate(ctx context.Context, token string) error {
	ctx, cancel := limited(ctx)
	defer cancel()
	if err := invalidate.Run(ctx, t.client, []string{t.key}, token).Err(); err != nil {
		return unavailable(err)
	}
	return nil
}

// Lock lets one process at a time fetch a token; it ends by release, or by itself after ttl.
func (t *Token) Lock(ctx context.Context, ttl time.Duration) (release func(), ok bool, err error) {
	asking, cancel := limited(ctx)
	defer cancel()
	owner := rand.Text()
	ok, err = t.client.SetNX(asking, t.key+":lock", owner, ttl).Result()
	if err != nil {
		return nil, false, unavailable(err)
	}
	if !ok {
		return nil, false, nil
	}
	return func() {
		// Also when the caller's time is over: the others wait for it.
		ctx, cancel := limited(context.WithoutCancel(ctx))
		defer cancel()
		_ = invalidate.Run(ctx, t.client, []string{t.key + ":lock"}, owner).Err() // else it ends by itself
	}, true, nil
}

// MayForce is true once in gap over all processes.
func (t *Token) MayForce(ctx context.Context, gap time.Duration) (bool, error) {
	return t.mayForce(ctx, t.name, gap)
}
