import type { SessionState } from "../state/session";

/** What is shown to somebody who is not logged in. */
export function Login({ state }: { state: SessionState }) {
  if (state === "ASKING") return <div class="login" aria-busy="true" />;
  return (
    <main class="login">
      <div class="login-card">
        <p class="brand">
          <img src="/icon.svg" alt="" width="28" height="28" /> tickmesh
        </p>
        {state === "OUT" ? <LogIn /> : <Unreachable />}
      </div>
    </main>
  );
}

function LogIn() {
  return (
    <>
      <h1>You are not logged in</h1>
      <p>
        Open the link that <code>tickmesh up</code> printed. It logs this browser in.
      </p>
      <p>The link is gone or has expired? Run this in a terminal on the same machine and open what it prints:</p>
      <pre>tickmesh token --link</pre>
    </>
  );
}

function Unreachable() {
  return (
    <>
      <h1>The gateway does not answer</h1>
      <p role="status">
        Trying again every two seconds. Is <code>tickmesh up</code> running?
      </p>
    </>
  );
}
