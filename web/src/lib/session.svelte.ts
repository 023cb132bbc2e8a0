import type { Recover } from './api/Recover.ts';
import type { Register } from './api/Register.ts';
import type { DeviceHello } from './api/DeviceHello.ts';
import type { ServerInfo } from './api/ServerInfo.ts';
import type { SignedIn } from './api/SignedIn.ts';
import type { SignIn } from './api/SignIn.ts';
import type { Connection, Ending } from './connection.svelte.ts';
import type { Http } from './http.ts';
import type { Messenger } from './messenger.svelte.ts';
import { Refused } from './refused.ts';

/** `silent`: the server did not answer when the page began. */
export type Phase = 'starting' | 'silent' | 'out' | 'in';

type Ports = {
  http: Http;
  connection: Connection;
  /** Forgets everything of who was signed in. */
  messenger: Pick<Messenger, 'clear'>;
  device: () => DeviceHello;
  language: () => string;
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
    const body: SignIn = { name, password, device: this.#ports.device(), session: 'cookie' };
    await this.#post('/sign-in', body);
  }

  /** Rejects with `Refused`. */
  async register(name: string, display: string, password: string): Promise<void> {
    const language = this.#ports.language();
    const body: Register = { name, display, password, device: this.#ports.device(), session: 'cookie', language };
    try {
      await this.#post('/register', body);
    } catch (thrown) {
      const { code } = Refused.from(thrown);
      const made = code === 'name_taken' && this.#unanswered === name;
      this.#unanswered = code === 'offline' ? name : undefined;
      if (!made) throw thrown;
      // The answer was lost, not the account: whoever knows its password is the one who made it.
      await this.signIn(name, password).catch(() => {
        throw thrown;
      });
    }
    this.isNew = true;
  }

  /** Sets a new password by the recovery code. Rejects with `Refused`. */
  async recover(name: string, code: string, password: string, endOthers: boolean): Promise<void> {
    const device = this.#ports.device();
    const body: Recover = { name, code, password, device, session: 'cookie', end_others: endOthers };
    await this.#post('/recover', body);
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

  async #post(path: string, body: SignIn | Register | Recover): Promise<void> {
    // A second sign-in is at worst a second device; a second account, or a second use of a code, would be refused.
    const signedIn = await this.#ports.http.post<SignedIn>(path, body, path === '/sign-in');
    this.recoveryCode = signedIn.recovery_code;
    this.ending = undefined;
    await this.#enter();
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
