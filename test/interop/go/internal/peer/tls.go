// Package peer makes the Go server and the Go sender of the interop tests from
// the published libraries.
package peer

import (
	"crypto/tls"
	"crypto/x509"
	"errors"
	"flag"
	"fmt"
	"os"
)

// TLSFiles are the PEM files that a peer is given.
type TLSFiles struct {
	Cert, Key, CA string
	Mutual        bool
}

// AddFlags adds the flags of both programs.
func (f *TLSFiles) AddFlags(flags *flag.FlagSet) {
	flags.StringVar(&f.Cert, "tls-cert", "", "PEM `file` with this peer's certificate")
	flags.StringVar(&f.Key, "tls-key", "", "PEM `file` with its private key")
	flags.StringVar(&f.CA, "tls-ca", "", "PEM `file` with the certificates that the other peer's must come from")
	flags.BoolVar(&f.Mutual, "mutual", false, "both peers show a certificate")
}

// Server makes the TLS configuration of a server; nil without a certificate.
func (f TLSFiles) Server() (*tls.Config, error) {
	if f.Cert == "" {
		if f.Mutual {
			return nil, errors.New("--mutual needs --tls-cert, --tls-key and --tls-ca")
		}
		return nil, nil
	}
	cert, err := tls.LoadX509KeyPair(f.Cert, f.Key)
	if err != nil {
		return nil, err
	}
	config := &tls.Config{Certificates: []tls.Certificate{cert}, MinVersion: tls.VersionTLS12}
	if f.Mutual {
		config.ClientAuth = tls.RequireAndVerifyClientCert
		config.ClientCAs, err = f.pool()
	}
	return config, err
}

// Client makes the TLS configuration of a client; nil without --tls-ca.
func (f TLSFiles) Client() (*tls.Config, error) {
	if f.CA == "" {
		if f.Cert != "" || f.Mutual {
			return nil, errors.New("a client with TLS needs --tls-ca")
		}
		return nil, nil
	}
	roots, err := f.pool()
	if err != nil {
		return nil, err
	}
	config := &tls.Config{RootCAs: roots, MinVersion: tls.VersionTLS12}
	if f.Mutual {
		cert, err := tls.LoadX509KeyPair(f.Cert, f.Key)
		if err != nil {
			return nil, err
		}
		config.Certificates = []tls.Certificate{cert}
	}
	return config, nil
}

func (f TLSFiles) pool() (*x509.CertPool, error) {
	pem, err := os.ReadFile(f.CA)
	if err != nil {
		return nil, err
	}
	pool := x509.NewCertPool()
	if !pool.AppendCertsFromPEM(pem) {
		return nil, fmt.Errorf("%s holds no certificate", f.CA)
	}
	return pool, nil
}
