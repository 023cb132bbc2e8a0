import type { AccountId } from './api/AccountId.ts';
import type { Done } from './api/Done.ts';
import type { Recover } from './api/Recover.ts';
import type { Register } from './api/Register.ts';
import type { DeviceHello } from './api/DeviceHello.ts';
import type { ServerInfo } from './api/ServerInfo.ts';
import type { SignedIn } from './api/SignedIn.ts';
import type { SignIn } from './api/SignIn.ts';
import type { Connection, Ending } from './connection.svelte.ts';
import type { Http } from './http.ts';
import type { Messenger } from './messenger.svelte.ts';
import { Refused, pauseAfter } from './refused.ts';

/** `silent`: the server did not answer when the page began. */
export type Phase = 'starting' | 'silent' | 'out' | 'in';

type Ports = {
  http: Http;
  connection: Connection;
  /** Forgets everything of who was signed in. */
  messenger: Pick<Messenger, 'clear' | 'me'>;
  /** Forgets what of an account waits on this device: it is no more. */
  forget: (account: AccountId) => void;
  device: () => DeviceHello;
  language: () => string;
  /** Somebody came in whose recovery code could not be shown: to be asked for it. */
  codeMissing: (account: AccountId) => void;
};

/** Who is signed in on this page. */
export class Session {
  phase = $state<Phase>('starting');
  server = $state.raw<ServerInfo>();
  /** Why one is signed out, if the server ended it. */
  ending = $state<Ending>();
  /** Shown once, after creating an account or using the old code; then forgotten. */
  recoveryCode = $state<string>();
  /** The account was made on this page just now. */
  isNew = $state(false);
  /** Loads what must listen before the first event comes: the calls. */
  before: () => Promise<unknown> = () => Promise.resolve();

  readonly #ports: Ports;
  /** Creating this account was not answered; it may be there all the same. */
  #unanswered: string | undefined;

  constructor(ports: Ports) {
    this.#ports = ports;
    ports.connection.onSnapshot(() => {
      this.phase = 'in';
    });
    ports.connection.onEnd((why) => {
      this.#leave(why === 'not_signed_in' && this.phase === 'starting' ? undefined : why);
    });
  }

  /** Asks the server who it is, and whether it knows this browser. */
  async begin(): Promise<void> {
    this.phase = 'starting';
    try {
      this.server = await this.#ports.http.get<ServerInfo>('/server');
    } catch {
      this.phase = 'silent';
      return;
    }
    await this.#enter();
  }

  /** Rejects with `Refused`. */
  async signIn(name: string, password: string): Promise<void> {
    const made = sameName(this.#unanswered, name);
    const signedIn = await this.#ask('/sign-in', this.#whom(name, password));
    // Who created it on this page and never got the answer has no code yet, however they came in.
    await this.#in(signedIn, made ? { password } : undefined);
  }

  /** Rejects with `Refused`. */
  async register(name: string, display: string, password: string, invite = ''): Promise<void> {
    const body: Register = { ...this.#whom(name, password), display, language: this.#ports.language() };
    if (invite !== '') body.invite = invite;
    let signedIn: SignedIn;
    try {
      signedIn = await this.#ask('/register', body);
    } catch (thrown) {
      const { code } = Refused.from(thrown);
      const made = code === 'name_taken' && sameName(this.#unanswered, name);
      if (!made) {
        this.#unanswered = code === 'offline' ? name : undefined;
        throw thrown;
      }
      await this.#made(name, password, thrown);
      return;
    }
    await this.#in(signedIn);
    this.isNew = true;
  }

  /** The answer was lost, not the account: whoever knows its password is the one who made it. */
  async #made(name: string, password: string, taken: unknown): Promise<void> {
    let signedIn: SignedIn;
    try {
      signedIn = await this.#ask('/sign-in', this.#whom(name, password));
    } catch (thrown) {
      // Nobody knows yet whose it is: the next attempt asks again.
      if (Refused.from(thrown).code === 'offline' || pauseAfter(thrown) !== undefined) throw thrown;
      this.#unanswered = undefined;
      throw taken;
    }
    await this.#in(signedIn, { password });
  }

  /** Sets a new password by the recovery code. Rejects with `Refused`. */
  async recover(name: string, code: string, password: string, endOthers: boolean): Promise<void> {
    const body: Recover = { ...this.#whom(name, password), code, end_others: endOthers };
    await this.#in(await this.#ask('/recover', body));
  }

  /** The reader has seen the recovery code. */
  codeSeen(): void {
    this.recoveryCode = undefined;
  }

  /** Signs this device out. Rejects with `Refused`. */
  async signOut(): Promise<void> {
    await this.#ports.http.post('/sign-out', {});
    this.#ports.connection.stop();
    this.#leave(undefined);
  }

  /** Deletes the account; every device of it is signed out. Rejects with `Refused`. */
  async deleteAccount(password: string): Promise<void> {
    // The line may end before the answer comes, and nobody is signed in here then.
    const { me } = this.#ports.messenger;
    await this.#ports.http.post('/delete-account', { password });
    this.#ports.connection.stop();
    this.#ports.forget(me);
    this.#leave(undefined);
  }

  #whom(name: string, password: string): SignIn {
    return { name, password, device: this.#ports.device(), session: 'cookie' };
  }

  #ask(path: string, body: SignIn | Register | Recover): Promise<SignedIn> {
    // A second sign-in is at worst a second device; a second account, or a second use of a code, would be refused.
    return this.#ports.http.post<SignedIn>(path, body, path === '/sign-in');
  }

  /** Comes in. `made`: with an account that was made here and whose code nobody has seen. */
  async #in(signedIn: SignedIn, made?: { password: string }): Promise<void> {
    this.#unanswered = undefined;
    this.recoveryCode = made ? await this.#newCode(made.password) : signedIn.recovery_code;
    if (made) {
      this.isNew = true;
      if (this.recoveryCode === undefined) this.#ports.codeMissing(signedIn.account.id);
    }
    this.ending = undefined;
    await this.#enter();
  }

  /** Another code for this account; to ask twice does no harm, the last one counts. */
  async #newCode(password: string): Promise<string | undefined> {
    try {
      const { value } = await this.#ports.http.post<Done>('/command', { type: 'new_recovery_code', password }, true);
      return value.type === 'recovery_code' ? value.code : undefined;
    } catch {
      return undefined;
    }
  }

  async #enter(): Promise<void> {
    // Without the calls the messages still work.
    await this.before().catch((thrown: unknown) => Refused.from(thrown));
    this.#ports.connection.start();
  }

  #leave(ending: Ending | undefined): void {
    this.#ports.messenger.clear();
    this.recoveryCode = undefined;
    this.isNew = false;
    this.ending = ending;
    this.phase = 'out';
  }
}

/** Names are the same to the server whatever their case. */
function sameName(known: string | undefined, name: string): boolean {
  return known !== undefined && known.toLowerCase() === name.trim().toLowerCase();
}
