/**
 * Who may talk to whom: TLS with certificates that are replaced while processes run, and bearer
 * tokens with scopes. What it protects from, and what not, is in SECURITY.md.
 */
@NullMarked
package io.lockstep.security;

import org.jspecify.annotations.NullMarked;
