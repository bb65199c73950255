// The deb for systems of today.
import { tellStory } from './story.ts';

tellStory('eni-agent');
