// Package redis keeps what may be lost without losing work: sessions, rate limits and
// WeChat's access tokens. Everything durable is in MySQL.
//
// It expects one Redis (or one primary), version 7 or newer, with the eviction policy
// noeviction: scripts touch keys that they learn while running, which a Redis Cluster
// forbids, and an evicted index would hide sessions from their owner.
package redis

import (
	"context"
	"crypto/tls"
	"net"
	"time"

	goredis "github.com/redis/go-redis/v9"
	"github.com/redis/go-redis/v9/maintnotifications"

	"warmcabin/server/cabin"
)

// callLimit is how long one request waits for Redis at most, connecting included.
const callLimit = time.Second

// Options say which Redis to use and how many connections to hold.
type Options struct {
	Addr     string // host:port
	Username string // "" without access control
	Password string // "" without a password
	DB       int
	PoolSize int  // connections at most; 0 means 64
	TLS      bool // verify the certificate of Addr's host
}

// Open makes a client for New and NewToken. It connects on first use, so it cannot fail;
// ask Sessions.Ping. After Redis was away it finds it again within about a second. The caller closes the client when nothing uses it any more.
func Open(o Options) *goredis.Client {
	if o.PoolSize == 0 {
		o.PoolSize = 64 // a crowd at one seat waits for the database, not for a connection here
	}
	options := &goredis.Options{
		Addr: o.Addr, Username: o.Username, Password: o.Password, DB: o.DB, PoolSize: o.PoolSize,
		DialTimeout: callLimit, ReadTimeout: callLimit, WriteTimeout: callLimit, PoolTimeout: callLimit,
		ContextTimeoutEnabled: true,
		// A request waits for one second at most: fail fast and let the person try again.
		// One retry replaces a connection that a restarted Redis has closed.
		MaxRetries: 1, DialerRetries: 1, MinRetryBackoff: time.Millisecond, MaxRetryBackoff: 10 * time.Millisecond,
		ConnMaxIdleTime: 5 * time.Minute,
		DisableIdentity: true,
		MaintNotificationsConfig: &maintnotifications.Config{
			Mode: maintnotifications.ModeDisabled, // a feature of the hosted product
		},
	}
	if o.TLS {
		host, _, err := net.SplitHostPort(o.Addr)
		if err != nil {
			host = o.Addr
		}
		options.TLSConfig = &tls.Config{ServerName: host, MinVersion: tls.VersionTLS12}
	}
	return goredis.NewClient(options)
}

// limited bounds one call.
func limited(ctx context.Context) (context.Context, context.CancelFunc) {
	return context.WithTimeout(ctx, callLimit)
}

// unavailable is what a person reads when Redis does not answer.
func unavailable(err error) error {
	e := cabin.E(cabin.CodeUnavailable, "系统暂时繁忙，您的内容没有丢失，请稍后再试", err)
	e.RetryAfter = 5
	return e
}
